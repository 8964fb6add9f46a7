/**
 * A link that restores what an explorer shows: the page's own address, with the explorer's state behind its #.
 * JupyterLab takes what is behind the # away while it opens a notebook, so the address that the page was opened by counts.
 * A link is followed once: a cell that runs again shows what its call says.
 */

export type Linked = Record<string, unknown>;

const FOLLOWED = Symbol.for("workbench.links followed"); // each widget brings its own copy of this module
const SECRET = ["token", "reset"]; // of the page's address, not of what it shows

export function linkTo(explorer: string, state: Linked): string {
  const address = new URL(location.href);
  for (const each of SECRET) address.searchParams.delete(each);
  address.hash = `${explorer}=${encodeURIComponent(JSON.stringify(state))}`;
  return address.href;
}

/** The state that the page was opened with, where it is this explorer's, fits and was not followed yet. */
export function followLink(explorer: string, fits: (state: Linked) => boolean): Linked | null {
  const page = globalThis as { [FOLLOWED]?: Set<string> };
  const followed = (page[FOLLOWED] ??= new Set());
  for (const hash of [location.hash, openedBy()]) {
    const state = readState(hash, explorer);
    if (!state || !fits(state) || followed.has(hash)) continue;
    followed.add(hash);
    return state;
  }
  return null;
}

const openedBy = (): string => new URL(performance.getEntriesByType("navigation")[0]?.name || location.href, location.href).hash;

function readState(hash: string, explorer: string): Linked | null {
  if (!hash.startsWith(`#${explorer}=`)) return null;
  try {
    const state: unknown = JSON.parse(decodeURIComponent(hash.slice(explorer.length + 2)));
    return typeof state === "object" ? (state as Linked | null) : null;
  } catch {
    return null; // not a link of ours
  }
}
