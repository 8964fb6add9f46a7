/**
 * Keeps the focus where it is while something is drawn anew.
 *
 * What has the focus is often made again as another element. Its twin is what has the same key in the nearest part that
 * stayed; where there is none any more, the first stop of that part takes the focus, and where nothing is left, the whole:
 * keys must not fall through to the notebook.
 */

const STOPS = ":is(button, input, select, [tabindex='0']):not(:disabled)";
let returning = false;

/** Whether the focus is only coming back: nobody has gone anywhere. */
export const comesBack = (): boolean => returning;

/** What is the same in two drawings: a name of its own, the value it chooses, or what it says. */
export function keyOf(element: Element): string {
  const { key, value } = (element as HTMLElement | SVGElement).dataset;
  return key ?? value ?? element.textContent ?? "";
}

export function keepFocus(root: HTMLElement, draw: () => void): void {
  const had = document.activeElement as HTMLElement | SVGElement | null;
  if (!had || had === root || !root.contains(had)) return draw();
  const homes: Element[] = [];
  for (let home = had.parentElement; home && home !== root; home = home.parentElement) homes.push(home);
  const key = keyOf(had);
  draw();
  if (document.activeElement === had && isOpen(had)) return;
  const home = homes.find((each) => root.contains(each) && !each.closest("[hidden]"));
  returning = true;
  focus(isOpen(had) ? had : home && successor(home, key), root);
  returning = false;
}

/** Whether it can have the focus. */
const isOpen = (element: Element): boolean => element.isConnected && !element.closest("[hidden]") && !element.matches(":disabled");

function successor(home: Element, key: string): HTMLElement | SVGElement | undefined {
  const stops = [...home.querySelectorAll<HTMLElement | SVGElement>(`${STOPS}, [role=option]`)].filter(isOpen);
  return stops.find((each) => keyOf(each) === key) ?? stops.find((each) => each.matches(STOPS));
}

function focus(element: HTMLElement | SVGElement | undefined, root: HTMLElement): void {
  if (!element) {
    root.setAttribute("tabindex", "-1"); // for this once: a click beside everything is the notebook's
    root.addEventListener("blur", () => root.removeAttribute("tabindex"), { once: true });
  }
  (element ?? root).focus({ preventScroll: true });
}
