/** The picture that is studied, and what Tucker leaves of it at these ranks. */

import { html } from "../shared/element";
import type { Pictures } from "./state";

export class PicturePane {
  readonly root: HTMLElement;
  private readonly before = html("canvas", { role: "img", "aria-label": "The picture" });
  private readonly after = html("canvas", { role: "img", "aria-label": "What Tucker leaves of it at these ranks" });
  private shown: Partial<Pictures> = {};

  constructor() {
    const figure = (canvas: HTMLElement, text: string): HTMLElement => html("figure", {}, canvas, html("figcaption", {}, text));
    this.root = html("div", { class: "wb-pictures" }, figure(this.before, "as it is"), figure(this.after, "by Tucker"));
  }

  update(pictures: Partial<Pictures>): void {
    const { size, before, after } = pictures;
    this.root.hidden = !size;
    if (!size || pictures === this.shown) return;
    this.shown = pictures;
    paint(this.before, size, before);
    paint(this.after, size, after);
  }
}

/** Bytes of red, green and blue, row after row. */
function paint(canvas: HTMLCanvasElement, [height, width]: [number, number], bytes: DataView | undefined): void {
  if (!bytes) return;
  [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let colour = 0; colour < 3; colour += 1) image.data[4 * pixel + colour] = bytes.getUint8(3 * pixel + colour);
    image.data[4 * pixel + 3] = 255;
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}
