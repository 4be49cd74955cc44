// The sign-in page stands there before the app does. What is sent until then waits for it, and is not lost.
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Where nothing may be kept, nothing was chosen.
}
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
