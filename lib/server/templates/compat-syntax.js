/* A browser below Chromium 94 cannot read this file, and the mark is not set. */
class StaticBlocks { static { window.minshengSyntax = true; } }
