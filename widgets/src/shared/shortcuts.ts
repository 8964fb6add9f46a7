/**
 * Keeps keys typed in a widget from reaching the notebook, where `b` inserts a cell and → opens a heading.
 * JupyterLab's shortcuts match the focused element itself before they look at its ancestors, so the mark on the
 * widget's root alone is not enough: each element gets it as it takes the focus.
 */

const MARK = "data-lm-suppress-shortcuts";

export function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  root.setAttribute(MARK, "true");
  root.addEventListener("focusin", (event) => (event.target as Element).setAttribute(MARK, "true"), { signal });
}
