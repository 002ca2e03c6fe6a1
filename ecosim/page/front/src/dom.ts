// Elements are made here, and nowhere from text: what data say can never become markup.

type Child = Node | string | number | null | undefined | false;
type Props = Record<string, unknown>;

/** An element with attributes, listeners (`onclick`), a `class` and children; strings become text. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props | null = null,
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2), value as EventListener);
    } else if (name === "value" && "value" in element) {
      (element as unknown as HTMLInputElement).value = String(value);
    } else if (name === "checked" || name === "disabled" || name === "open" || name === "hidden") {
      (element as unknown as Record<string, unknown>)[name] = Boolean(value);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, ...children);
  return element;
}

/** Put children at the end of an element. */
export function append(element: Element, ...children: (Child | Child[])[]): void {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Put children in place of what an element holds. */
export function fill(element: Element, ...children: (Child | Child[])[]): void {
  element.replaceChildren();
  append(element, ...children);
}

let counter = 0;
/** A name for an element that another one refers to. */
export function uid(stem: string): string {
  counter += 1;
  return `${stem}-${counter}`;
}

let region: HTMLElement | null = null;
/** The place in which screen readers are told what has changed. */
export function liveRegion(): HTMLElement {
  region = h("div", { class: "unseen", "aria-live": "polite", role: "status", id: "live" });
  return region;
}

/** Tell screen readers. */
export function say(text: string): void {
  if (region && region.textContent !== text) region.textContent = text;
}

/** Whether the reader asked for less motion. */
export function still(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** A table with a header for each column and row. */
export function table(caption: string, head: string[], rows: (string | number)[][]): HTMLElement {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    h(
      "table",
      null,
      h("caption", null, caption),
      h("thead", null, h("tr", null, ...head.map((text) => h("th", { scope: "col" }, text)))),
      h(
        "tbody",
        null,
        ...rows.map((row) =>
          h("tr", null, ...row.map((cell, i) => (i === 0 ? h("th", { scope: "row" }, cell) : h("td", null, cell)))),
        ),
      ),
    ),
  );
}

/** A part that opens; what it holds is made when it is opened first, and again when `refresh` is called. */
export function fold(title: string, make: () => Child[], className = ""): { element: HTMLDetailsElement; refresh(): void } {
  const body = h("div", { class: "fold-body" });
  const element = h("details", { class: className }, h("summary", null, title), body);
  const refresh = (): void => {
    if (element.open) fill(body, make());
  };
  element.addEventListener("toggle", refresh);
  return { element, refresh };
}

/** Offer a text as a file. */
export function download(name: string, text: string, type = "application/json"): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** A button that asks for a file (or several) and gives their texts. */
export function filePicker(label: string, accept: string, many: boolean, take: (texts: { name: string; text: string }[]) => void): HTMLElement {
  const input = h("input", {
    type: "file",
    accept,
    multiple: many,
    class: "unseen",
    "aria-label": label,
    tabindex: "-1",
    onchange: () => {
      const files = [...(input.files ?? [])];
      void Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() }))).then((texts) => {
        input.value = "";
        if (texts.length) take(texts);
      });
    },
  });
  return h("span", null, h("button", { type: "button", onclick: () => input.click() }, label), input);
}
