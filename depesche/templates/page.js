"use strict";

// A line of the brief and the sentences closest to it light up together, whichever of them is
// pointed at, focused or tapped. Without this script the numbers are links and nothing is lost.
(() => {
  const hint = document.getElementById("hint");
  let pinned = null; // stays lit until something else is chosen
  let current = null;

  const owner = (target) => (target instanceof Element ? target.closest("[data-s]") : null);

  function partners(element) {
    const article = element.closest("article");
    const numbers = element.dataset.s.split(" ");
    if (element.matches(".line")) {
      const sentences = numbers.map((number) => `.s[data-s="${number}"]`);
      return [element, ...article.querySelectorAll(sentences.join())];
    }
    return [...article.querySelectorAll(`[data-s~="${numbers[0]}"]`)];
  }

  function light(element) {
    for (const lit of [...document.getElementsByClassName("lit")]) lit.classList.remove("lit");
    current = element;
    for (const partner of element ? partners(element) : []) partner.classList.add("lit");
    guide();
  }

  // Says where the other end is, when it is not on the screen.
  function guide() {
    const other = current && otherEnd(current);
    const box = other ? other.getBoundingClientRect() : { top: 0, bottom: 0 };
    const below = box.top > innerHeight;
    hint.hidden = !other || (box.bottom >= 0 && !below);
    if (hint.hidden) return;
    const name = other.matches(".line")
      ? "The line of the brief"
      : `Closest passage: sentence ${other.dataset.s}`;
    hint.textContent = `${below ? "↓" : "↑"} ${name}`;
    hint.href = `#${other.id}`;
  }

  function otherEnd(element) {
    const number = element.dataset.s.split(" ")[0];
    const other = element.matches(".line") ? `.s[data-s="${number}"]` : `.line[data-s~="${number}"]`;
    return element.closest("article").querySelector(other);
  }

  function pin(element) {
    pinned = element;
    light(pinned);
  }

  document.documentElement.classList.add("scripted");
  document.addEventListener("pointerover", ({ target, pointerType }) => {
    // A finger has no "over": its tap is a click.
    if (pointerType !== "touch") light(owner(target) ?? pinned);
  });
  document.addEventListener("focusin", ({ target }) => light(owner(target) ?? pinned));
  document.addEventListener("click", ({ target }) => {
    if (target.closest("a")) return; // goes to its anchor, see below
    const chosen = owner(target);
    pin(chosen === pinned ? null : chosen);
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") pin(null);
  });
  const follow = () => pin(owner(document.getElementById(location.hash.slice(1))));
  addEventListener("hashchange", follow);
  addEventListener("scroll", guide, { passive: true });
  addEventListener("resize", guide);
  follow();
})();
