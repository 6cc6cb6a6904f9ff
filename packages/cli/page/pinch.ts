import type uPlot from 'uplot';

/** Milliseconds between two changes while fingers move: browsers limit how often an address changes. */
const LEAST_MS = 100;

/** Zooms by two fingers: the values under them stay there. `onZoom` gets the new ends of the axis. */
export function zoomByPinch(plot: uPlot, onZoom: (from: number, to: number) => void): void {
  const { over } = plot;
  const fingers = new Map<number, number>(); // place of each finger, by its pointer
  let held: readonly number[] = []; // values under the fingers when the second one came
  let lastMs = 0;
  const placeOf = ({ clientX }: PointerEvent): number => clientX - over.getBoundingClientRect().left;

  function zoom(): void {
    const [left, right] = fingers.values();
    const perPixel = (held[1] - held[0]) / (right - left);
    if (!(perPixel > 0 && Number.isFinite(perPixel))) return; // the fingers have met or passed each other
    const from = held[0] - left * perPixel;
    onZoom(from, from + over.clientWidth * perPixel);
  }

  over.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch' || fingers.size === 2) return;
    fingers.set(event.pointerId, placeOf(event));
    if (fingers.size === 2) held = [...fingers.values()].map((place) => plot.posToVal(place, 'x'));
  });
  over.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, placeOf(event));
    if (fingers.size < 2 || event.timeStamp - lastMs < LEAST_MS) return;
    lastMs = event.timeStamp;
    zoom();
  });
  for (const name of ['pointerup', 'pointercancel', 'pointerleave'] as const) {
    over.addEventListener(name, ({ pointerId }) => {
      if (fingers.size === 2 && fingers.has(pointerId)) zoom();
      fingers.delete(pointerId);
    });
  }
}
