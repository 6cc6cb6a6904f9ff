import type uPlot from 'uplot';

/** Milliseconds between two changes while fingers move: browsers limit how often an address changes. */
const MIN_INTERVAL_MS = 100;

/** Zooms by two fingers: the values under them stay there. `onZoom` gets the new ends of the axis. */
export function zoomByPinch(plot: uPlot, onZoom: (from: number, to: number) => void): void {
  const { over } = plot;
  const fingers = new Map<number, number>(); // place of each finger, by its pointer
  let heldValues: readonly number[] = []; // values under the fingers when the second one came
  let lastMs = 0;
  const offsetOf = ({ clientX }: PointerEvent): number => clientX - over.getBoundingClientRect().left;

  function zoom(): void {
    const [left, right] = fingers.values();
    const perPixel = (heldValues[1] - heldValues[0]) / (right - left);
    if (!(perPixel > 0 && Number.isFinite(perPixel))) return; // the fingers have met or passed each other
    const from = heldValues[0] - left * perPixel;
    onZoom(from, from + over.clientWidth * perPixel);
  }

  over.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch' || fingers.size === 2) return;
    fingers.set(event.pointerId, offsetOf(event));
    if (fingers.size === 2) heldValues = [...fingers.values()].map((x) => plot.posToVal(x, 'x'));
  });
  over.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, offsetOf(event));
    if (fingers.size < 2 || event.timeStamp - lastMs < MIN_INTERVAL_MS) return;
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
