// Keeps what stands in a form while somebody types: sends it to /drafts/<form> within a second, keeps in the tab what
// could not be sent, and says so. Runs at every rerun of the page; what it knows lives in `forms`, beyond reruns.
const EVERY = 400;
const AGAIN_AFTER = 2000;
const forms = new Map();

function fieldOf(name) {
  return document.querySelector(`.st-key-${CSS.escape(name)}`);
}

function valueOf(box) {
  const ticked = box.querySelector('input[type="checkbox"]');
  if (ticked) return ticked.checked;
  const chips = [...box.querySelectorAll('[data-baseweb="tag"], [role="row"] [role="gridcell"], [data-tag]')];
  if (box.querySelector('[data-testid="stMultiSelect"]')) {
    return chips.map((chip) => chip.textContent.trim()).filter(Boolean);
  }
  const day = [...box.querySelectorAll('[role="spinbutton"]')];
  if (day.length) {
    const parts = day.map((part) => part.textContent.trim());
    return parts.every((part) => /^\d+$/.test(part)) ? parts.join('-') : '';
  }
  const typed = box.querySelector('textarea, input');
  return typed ? typed.value : undefined;
}

function snapshot(form) {
  const found = { ...form.seen };
  for (const [name, field] of Object.entries(form.data.fields)) {
    const box = fieldOf(name);
    const value = box ? valueOf(box) : undefined;
    if (value !== undefined) found[field] = value;
  }
  form.seen = found;
  return found;
}

// What counts as typed: an empty field is the same whether it holds nothing, no tick or no choice.
function marked(form, values) {
  return JSON.stringify(Object.values(form.data.fields).map((field) => {
    const value = values[field];
    return value === undefined || value === false || (Array.isArray(value) && !value.length) ? '' : value;
  }));
}

function say(form, text, isBad) {
  form.line.textContent = text;
  form.line.className = isBad ? 'bad' : '';
}

function storage(form) {
  return `draft:${form.data.person}:${form.data.form}`;
}

function unsent(form) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(storage(form)));
    return kept && kept.body && kept.body.fields ? kept : null;
  } catch {
    return null;
  }
}

function hold(form, body) {
  try {
    sessionStorage.setItem(storage(form), JSON.stringify({ body }));
    return true;
  } catch {
    return false;
  }
}

async function send(form, body) {
  form.sending = true;
  form.sequence += 1;
  let answer = null;
  try {
    answer = await fetch(`drafts/${encodeURIComponent(form.data.form)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ sequence: form.sequence, body }),
    });
  } catch {
    answer = null;
  }
  form.sending = false;
  if (answer && answer.ok) {
    const { saved_at: at } = await answer.json();
    form.dirty = marked(form, body.fields) !== form.last;
    if (!form.dirty) sessionStorage.removeItem(storage(form));
    say(form, `草稿已保存 ${at}`, false);
    return true;
  }
  form.again = Date.now() + AGAIN_AFTER;
  if (answer && answer.status !== 401 && answer.status < 500) {
    form.dirty = false;
    const refused = await answer.json().catch(() => ({}));
    say(form, refused.said || '草稿没有保存', true);
  } else {
    say(form, answer && answer.status === 401 ? '登录已失效，内容保留在本页' : '未连接，内容保留在本页', true);
  }
  return false;
}

async function tick(form) {
  const now = marked(form, snapshot(form));
  if (form.last === null) {
    // What the form begins with is nobody's typing. A tab that was reloaded may hold what could not be sent.
    form.last = marked(form, form.data.begin);
    const rest = unsent(form);
    if (rest && marked(form, rest.body.fields) !== now) form.rest = rest.body;
    else sessionStorage.removeItem(storage(form));
  }
  if (form.sending || Date.now() < form.again) return;
  if (form.rest) {
    if (await send(form, form.rest)) {
      form.rest = null;
      sessionStorage.removeItem(storage(form));
      form.tell('arrived', form.sequence);
    }
    return;
  }
  if (form.data.offered && form.typed) {
    form.data.offered = false;
    form.tell('alive', form.sequence);
  }
  if (now !== form.last) {
    form.last = now;
    form.dirty = true;
    if (form.data.offered) {
      form.dirty = false;
      say(form, '请先选择恢复或放弃上次的草稿', true);
      return;
    }
    form.typed = true;
  }
  if (!form.dirty) return;
  const body = { ...form.data.about, form_key: form.data.form_key, fields: form.seen };
  if (!hold(form, body)) say(form, '内容过多，本页留不下，请尽快保存', true);
  await send(form, body);
}

function save(form, event) {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !form.data.submit) return;
  const inside = event.target.closest?.(`.st-key-${CSS.escape(form.data.box)}`);
  const button = fieldOf(form.data.submit)?.querySelector('button');
  if (!inside || !button) return;
  event.preventDefault();
  event.stopPropagation();
  // A field gives its text away when it is left.
  document.activeElement?.blur();
  setTimeout(() => button.click(), 60);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const name = `${data.person}|${data.form}|${data.form_key}`;
  let form = forms.get(name);
  if (!form) {
    form = { sequence: 0, last: null, seen: {}, dirty: false, sending: false, again: 0, typed: false, rest: null };
    forms.set(name, form);
  }
  form.data = data;
  form.tell = setTriggerValue;
  form.sequence = Math.max(form.sequence, data.sequence);
  form.line = parentElement.querySelector('span');
  clearInterval(form.timer);
  form.timer = setInterval(() => tick(form), EVERY);
  document.removeEventListener('keydown', form.onKey, true);
  form.onKey = (event) => save(form, event);
  document.addEventListener('keydown', form.onKey, true);
  if (data.focus && !form.focused) {
    form.focused = true;
    setTimeout(() => fieldOf(data.focus)?.querySelector('input, textarea')?.focus(), 150);
  }
  return () => {
    clearInterval(form.timer);
    document.removeEventListener('keydown', form.onKey, true);
  };
}
