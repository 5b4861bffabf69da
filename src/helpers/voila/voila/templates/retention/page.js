/* What widgets cannot do by themselves: names for sliders, the way for screen readers and keyboards after a step, and a word when
   the program behind the page has stopped answering. Nothing here is needed to use the page; in JupyterLab it is absent. */
(() => {
  const ANSWER = 12000, BEAT = 5000;
  let arrived = false;

  const name = (root) => {
    for (const slider of root.querySelectorAll(".widget-slider")) {
      const label = slider.querySelector(".widget-label");
      for (const handle of slider.querySelectorAll(".noUi-handle")) {
        if (label && handle.getAttribute("aria-label") !== label.textContent) handle.setAttribute("aria-label", label.textContent);
      }
    }
    for (const group of root.querySelectorAll(".widget-radio")) {
      const label = group.querySelector(".widget-label"), box = group.querySelector(".widget-radio-box");
      if (!label || !box || box.getAttribute("aria-label") === label.textContent) continue;
      box.setAttribute("role", "radiogroup");
      box.setAttribute("aria-label", label.textContent);
    }
    for (const step of root.querySelectorAll(".steps button, .languages button, .dots button")) {
      const on = step.classList.contains("on") ? "true" : "false";
      if (step.getAttribute("aria-current") !== on) step.setAttribute("aria-current", on);
    }
    const title = root.querySelector("h1[data-lang]");
    if (title && document.documentElement.lang !== title.dataset.lang) document.documentElement.lang = title.dataset.lang;
    if (title && document.title !== title.textContent) document.title = title.textContent;
  };

  const arrive = (added) => {
    const heading = added.matches?.(".arrive") ? added : added.querySelector?.(".arrive");
    if (!heading) return;
    if (arrived) {
      heading.focus({ preventScroll: true });
      heading.scrollIntoView({ block: "nearest" });
      if (heading.getBoundingClientRect().top < 0) heading.scrollIntoView();
    }
    arrived = true;
  };

  const notice = (on, root) => {
    let shown = document.querySelector(".retention .offline");
    if (!on) { shown?.remove(); return; }
    if (shown) return;
    shown = document.createElement("p");
    shown.className = "offline";
    shown.setAttribute("role", "alert");
    shown.textContent = document.documentElement.lang === "vi"
      ? "Trang chưa nhận được trả lời. Nếu máy không đang tính toán, anh/chị tải lại trang: mọi điều đã lưu vẫn còn."
      : "The page gets no answer. Unless the computer is still calculating, reload the page: everything saved is still there.";
    root.prepend(shown);
  };

  const beating = (root) => {
    const read = () => root.querySelector("[data-beat]")?.dataset.beat;
    let asked = 0, last = read();
    const ask = () => { asked ||= Date.now(); last = read(); root.querySelector("button.beat")?.click(); };
    setInterval(() => {
      if (asked && read() !== last) { asked = 0; notice(false, root); }
      if (asked && Date.now() - asked > ANSWER) notice(true, root);
      if (!asked && !document.hidden) ask();
      else if (asked) root.querySelector("button.beat")?.click();
    }, BEAT);
  };

  const begin = (root) => {
    name(root);
    arrive(root);
    beating(root);
    new MutationObserver((changes) => {
      name(root);
      for (const change of changes) for (const added of change.addedNodes) if (added.nodeType === 1) arrive(added);
    }).observe(root, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["class"] });
    root.addEventListener("click", (event) => { if (event.target.closest(".print-now")) window.print(); });
  };

  const waiting = new MutationObserver(() => {
    const root = document.querySelector(".retention");
    if (root) { waiting.disconnect(); begin(root); }
  });
  waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
