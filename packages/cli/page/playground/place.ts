import { readStrokes, type Strokes, strokesText } from './digit-image.ts';
import { fromText, noPoints, type Points, toText } from './points.ts';
import { type Choices, readSettings, type Settings, writeSettings } from './settings.ts';

/** Steps a second that a reader may choose; Infinity is as fast as the machine. */
export const speeds = [1, 10, 100, 1000, Number.POSITIVE_INFINITY];
const USUAL = 2;

/** All that an address holds: the settings of a run, the tab, the speed and drawings. */
export interface Place {
  readonly settings: Settings;
  readonly tab: 'plane' | 'digits';
  readonly speed: number; // index into `speeds`
  readonly points: Points | null; // null if the address has points that cannot be read
  readonly strokes: Strokes | null; // of a drawn digit; null if the address has none that can be read
}

/** The address of the page. */
export interface Address {
  read(): Place;
  /** Writes a place that the reader has come to, unless another address is typed until then, which stays as it is. */
  write(place: Place): void;
}

/** Milliseconds without a change before the address changes: browsers refuse hundreds of changes a second. */
const WRITE_MS = 100;

export function createAddress(choices: Choices): Address {
  let fragment = location.hash; // that was read or written last
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    read() {
      clearTimeout(timer);
      fragment = location.hash;
      return readPlace(fragment, choices);
    },
    write(place) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (location.hash !== fragment) return; // typed: the event that tells of it follows
        history.replaceState(null, '', writePlace(place));
        fragment = location.hash;
      }, WRITE_MS);
    },
  };
}

function readPlace(fragment: string, choices: Choices): Place {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  const speed = Number(values.get('speed') ?? USUAL);
  const list = fromText(values.get('drawn') ?? '');
  return {
    settings: readSettings(fragment, choices),
    tab: values.get('tab') === 'digits' ? 'digits' : 'plane',
    speed: speed in speeds ? speed : USUAL,
    points: list === null ? null : { ...noPoints, list },
    strokes: readStrokes(values.get('digit') ?? ''),
  };
}

function writePlace({ settings, tab, speed, points, strokes }: Place): string {
  const values = writeSettings(settings);
  if (tab !== 'plane') values.set('tab', tab);
  if (speed !== USUAL) values.set('speed', String(speed));
  if (points?.isDrawn && points.list.length > 0) values.set('drawn', toText(points.list));
  if (strokes !== null && strokes.length > 0) values.set('digit', strokesText(strokes));
  return `#${values}`;
}
