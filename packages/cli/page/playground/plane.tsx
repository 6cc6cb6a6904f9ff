import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { cssOf, drawShares } from './colours.ts';
import { type Frame, MAP, type Opened } from './messages.ts';
import { drawnClasses, drawnPoint, type Point } from './points.ts';

/** Side of the canvas, in its own pixels. */
const SIDE = 600;
/** Steps of the cursor with an arrow key, and between points of a stroke, in the square from -1 to 1. */
const KEY_STEP = 0.1;
const STROKE_STEP = 0.08;

/** Directions of the arrow keys, to the right and down. */
export const arrowMoves: Readonly<Record<string, readonly [number, number] | undefined>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export interface PlaneProps {
  readonly opened: Opened | null;
  readonly frame: Frame | null;
  readonly colour: string | null; // class that is drawn; null if points cannot be drawn
  readonly drawn: readonly Point[];
  readonly onDraw: (points: readonly Point[]) => void; // all points, with new ones
}

/** The points, on a background of the network's answers. */
export function Plane({ opened, frame, colour, drawn, onDraw }: PlaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cursor, setCursor] = useState<readonly [number, number] | null>(null);
  const lastDrawn = useRef<readonly [number, number] | null>(null); // last point of this stroke
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context) drawPlane(context, opened, frame, drawn, cursor);
  }, [opened, frame, drawn, cursor]);

  const add = (x: number, y: number) => {
    if (colour !== null) onDraw([...drawn, drawnPoint(x, y, colour)]);
  };
  const pointOf = (event: TargetedPointerEvent<HTMLCanvasElement>): [number, number] => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    return [(2 * (event.clientX - left)) / width - 1, 1 - (2 * (event.clientY - top)) / height];
  };
  const stroke = (event: TargetedPointerEvent<HTMLCanvasElement>) => {
    if (colour === null || event.buttons === 0) return;
    const [x, y] = pointOf(event);
    const [fromX, fromY] = lastDrawn.current ?? [Infinity, Infinity];
    if (Math.hypot(x - fromX, y - fromY) < STROKE_STEP) return;
    lastDrawn.current = [x, y];
    add(x, y);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLCanvasElement>) => {
    if (colour === null) return;
    const [x, y] = cursor ?? [0, 0];
    const move = arrowMoves[event.key];
    const clamped = (value: number): number => Math.min(1, Math.max(-1, value));
    if (move !== undefined) setCursor([clamped(x + KEY_STEP * move[0]), clamped(y - KEY_STEP * move[1])]);
    else if (event.key === ' ') add(x, y);
    else if (event.key === 'Backspace' || event.key === 'Delete') onDraw(drawn.slice(0, -1));
    else return;
    event.preventDefault();
  };
  const accuracyText =
    frame === null ? '' : ` ${Math.round(100 * frame.accuracy)} % of the points are answered rightly.`;
  return (
    <canvas
      id="plane"
      class={colour === null ? '' : 'drawable'}
      ref={canvas}
      width={SIDE}
      height={SIDE}
      tabIndex={0}
      role="img"
      aria-label={`The plane with its points, and what the network says about each place.${accuracyText}`}
      onPointerDown={(event) => {
        lastDrawn.current = null;
        stroke(event);
      }}
      onPointerMove={stroke}
      onKeyDown={onKeyDown}
      onBlur={() => setCursor(null)}
    />
  );
}

function drawPlane(
  context: CanvasRenderingContext2D,
  opened: Opened | null,
  frame: Frame | null,
  drawn: readonly Point[],
  cursor: readonly [number, number] | null,
): void {
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, SIDE, SIDE);
  if (frame !== null && opened !== null) {
    const map = new OffscreenCanvas(MAP, MAP);
    const mapContext = map.getContext('2d') as unknown as CanvasRenderingContext2D | null;
    if (mapContext) drawShares(mapContext, frame.shares, MAP, opened.classes.length);
    context.imageSmoothingQuality = 'high';
    context.drawImage(map, 0, 0, SIDE, SIDE);
  }
  const dot = (x: number, y: number, c: number, set: 'train' | 'test') => {
    const isTest = set === 'test';
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.lineWidth = isTest ? 2.5 : 1.5;
    context.fillStyle = isTest ? '#ffffff' : cssOf(c);
    context.strokeStyle = isTest ? cssOf(c) : '#ffffff';
    context.fill();
    context.stroke();
  };
  if (opened === null) {
    for (const { x, y, label } of drawn)
      dot(((x + 1) / 2) * SIDE, ((1 - y) / 2) * SIDE, drawnClasses.indexOf(label), 'train');
  } else {
    const { left, bottom, side } = opened.domain;
    const drawPoints = (set: 'train' | 'test') => {
      const { x, y, classes } = opened[set];
      for (const [n, c] of classes.entries()) {
        dot(((x[n] - left) / side) * SIDE, SIDE - ((y[n] - bottom) / side) * SIDE, c, set);
      }
    };
    drawPoints('test');
    drawPoints('train');
  }
  if (cursor === null) return;
  const [x, y] = [((cursor[0] + 1) / 2) * SIDE, ((1 - cursor[1]) / 2) * SIDE];
  context.strokeStyle = '#000000';
  context.lineWidth = 2;
  context.strokeRect(x - 9, y - 9, 18, 18);
}
