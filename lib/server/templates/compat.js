/* Written so that every old browser can read it. Names what the application needs and this browser lacks. */
(function () {
  var missing = [];
  if (!window.minshengSyntax) { missing.push('syntax'); }
  if (!Array.prototype.toSorted) { missing.push('toSorted'); }
  if (!window.WebSocket) { missing.push('websocket'); }
  if (!navigator.cookieEnabled) { missing.push('cookies'); }
  if (missing.length) { window.location.replace('/compat?missing=' + missing.join(',')); }
})();
