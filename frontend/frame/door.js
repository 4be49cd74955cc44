// The sign-in page stands there before the app does. What is sent until then waits for it, and is not lost.
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Where nothing may be kept, nothing was chosen.
}
// The app starts when somebody turns to the page; by a click itself, not by what comes before it, since the app puts its
// own in place of what is to be clicked. What is held down when it comes counts as clicked.
//
// Where there is a keyboard on the screen, it would go with the field that is typed into: there the app does not come
// while somebody types.
const onScreen = matchMedia("(hover: none)").matches;
window.appWanted = new Promise((wanted) => {
  const signs = onScreen ? ["click"] : ["pointermove", "pointerup", "keyup", "input", "click"];
  const turn = ({ target }) => {
    if (!onScreen || !target.closest("input, label")) wanted();
  };
  for (const sign of signs) addEventListener(sign, turn);
});
addEventListener("pointerdown", ({ target }) => {
  const form = target.closest("#splash [type=submit]")?.form;
  if (form) form.dataset.held = "";
});
addEventListener("pointerup", () => delete document.querySelector("#splash form")?.dataset.held);
addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.closest("#splash")) return;
  event.preventDefault();
  if ("sent" in form.dataset) return;
  form.dataset.sent = "";
  const button = form.querySelector("[type=submit]");
  const sign = document.createElement("span");
  sign.className = "spin";
  sign.setAttribute("aria-hidden", "true");
  button.setAttribute("aria-disabled", "true");
  button.prepend(sign);
});
