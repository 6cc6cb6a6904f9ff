import { dot, type Markish } from '@observablehq/plot';
import { short } from '../course.ts';

/** A row of a logic gate in the plane, and whether its target is 1. */
export interface TargetDot {
  readonly px: number;
  readonly py: number;
  readonly one: boolean;
}

/** Circles for target 1, squares for 0, which differ without colour too. */
export const targetDots = (dots: readonly TargetDot[]): Markish =>
  dot(dots, {
    x: 'px',
    y: 'py',
    r: 7,
    symbol: ({ one }: TargetDot) => (one ? 'circle' : 'square'),
    fill: ({ one }: TargetDot) => (one ? 'var(--c1)' : 'var(--c2)'),
    stroke: 'var(--paper)',
    strokeWidth: 1.5,
    title: ({ px, py, one }: TargetDot) => `${short(px)}, ${short(py)}: target ${one ? 1 : 0}`,
  });
