/* What widgets cannot do by themselves: names for sliders, the way for screen readers and keyboards after a step, and a word when
   the program behind the page has stopped answering. The server makes every page before it is asked for, so a page is shown only
   once its program has answered and caught up; one whose program has died meanwhile is asked for again. Nothing here is needed to
   use the page; in JupyterLab it is absent. */
(() => {
  const ANSWER = 8000, BEAT = 3000, FIRST = 250, PATIENCE = 6000, AGAIN = "retention-asked-again";
  let arrived = false, opened = false;

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

  const heard = (root) => root.querySelector("[data-beat]")?.dataset.beat;
  const ask = (root) => root.querySelector("button.beat")?.click();

  const beating = (root) => {
    let asked = 0, last = heard(root);
    const beat = setInterval(() => {
      if (asked && heard(root) !== last) { asked = 0; notice(false, root); }
      if (asked && Date.now() - asked > ANSWER) notice(true, root);
      if (asked) ask(root);
      else if (!document.hidden) { asked = Date.now(); last = heard(root); ask(root); }
    }, BEAT);
    window.addEventListener("beforeunload", () => clearInterval(beat));
  };

  const again = () => {
    if (sessionStorage.getItem(AGAIN)) return false;
    sessionStorage.setItem(AGAIN, "yes");
    location.reload();
    return true;
  };

  const opening = (root) => {
    let first, asking;
    const shown = () => {
      clearInterval(asking);
      opened = true;
      root.classList.remove("opening");
      arrive(root);
      beating(root);
    };
    const look = () => {
      const beat = heard(root), button = root.querySelector("button.beat");
      if (beat && button && first === undefined) { first = beat; button.click(); }
      else if (beat && beat !== first && first !== undefined) { sessionStorage.removeItem(AGAIN); shown(); }
    };
    root.classList.add("opening");
    new MutationObserver((_, observer) => { if (opened) observer.disconnect(); else look(); })
      .observe(root, { childList: true, subtree: true, characterData: true });
    asking = setInterval(() => { if (first !== undefined) ask(root); look(); }, FIRST);
    setTimeout(() => { if (!opened && !again()) { shown(); notice(true, root); } }, PATIENCE);
    look();
  };

  const begin = (root) => {
    root.setAttribute("role", "main");
    name(root);
    opening(root);
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
  window.addEventListener("load", () => setTimeout(() => { if (!document.querySelector(".retention")) again(); }, PATIENCE));
})();
