// A classic script, run before the first paint: the theme this browser used last, so that nothing flashes.
// The settings on the server stay the truth; core/session.js corrects and remembers.
(() => {
  try {
    const theme = localStorage.getItem('tl-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch { /* storage may be refused; the system's theme is fine then */ }
})();
