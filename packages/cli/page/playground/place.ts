import { readStrokes, type Strokes, strokesText } from './digit-image.ts';
import { fromText, noPoints, type Points, toText } from './points.ts';
import { type Settings, writeSettings } from './settings.ts';

/** Steps a second that a reader may choose; Infinity is as fast as the machine. */
export const speeds = [1, 10, 100, 1000, Number.POSITIVE_INFINITY];
const USUAL = 2;

/** The part of an address that is no setting of a run: the tab, the speed and drawings. */
export interface Place {
  readonly tab: 'plane' | 'digits';
  readonly speed: number; // index into `speeds`
  readonly points: Points | null; // null if the address has points that cannot be read
  readonly strokes: Strokes | null; // of a drawn digit; null if the address has none that can be read
}

export function readPlace(fragment: string): Place {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  const speed = Number(values.get('speed') ?? USUAL);
  const list = fromText(values.get('drawn') ?? '');
  return {
    tab: values.get('tab') === 'digits' ? 'digits' : 'plane',
    speed: speed in speeds ? speed : USUAL,
    points: list === null ? null : { ...noPoints, list },
    strokes: readStrokes(values.get('digit') ?? ''),
  };
}

/** The fragment of an address with these settings and this place. */
export function writePlace(settings: Settings, { tab, speed, points, strokes }: Place): string {
  const values = writeSettings(settings);
  if (tab !== 'plane') values.set('tab', tab);
  if (speed !== USUAL) values.set('speed', String(speed));
  if (points?.isDrawn && points.list.length > 0) values.set('drawn', toText(points.list));
  if (strokes !== null && strokes.length > 0) values.set('digit', strokesText(strokes));
  return `#${values}`;
}
