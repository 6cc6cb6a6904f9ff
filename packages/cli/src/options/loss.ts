import { createLoss, type LossSpec, losses, type SingleLossSpec } from '@gradloom/core';
import { hasHeads, option, show } from '@gradloom/core/internal';
import { customParts } from './custom-parts.ts';
import { describeMember, inMember, type Member, memberOf, parseMember } from './member.ts';
import { isRecord, tryJson } from './read-object.ts';

/** A loss, or that of each target by name. */
export type LossValue = (Exclude<SingleLossSpec, string> & Member) | LossesByTarget;

/** The loss of each of several targets, with its options and weight. */
export interface LossesByTarget {
  readonly [target: string]: Exclude<SingleLossSpec, string> & Member;
}

const single = memberOf<LossSpec>(losses, (spec) => createLoss(spec, customParts()), 'losses');

/**
 * Parses a loss as `memberOf` does, or one for each target: 'price=mae,buys=softmax-cross-entropy:weight=0.5'. Names
 * with a comma, a colon or an equals sign stand in JSON.
 */
export const lossOption: option.Kind<LossValue> = option.kind(
  (where, name, raw): LossValue => {
    const entries = entriesOf(name, raw);
    if (entries === null) return single(undefined, '').check(where, name, raw) as LossValue;
    const known = { ...losses, ...customParts()?.losses };
    const byTarget = entries.map(([target, loss]) => {
      const about = `${name} of ${show(target)}`;
      const member = parseMember(about, loss, known);
      try {
        createLoss({ [target]: member } as unknown as LossSpec, customParts());
      } catch (error) {
        throw inMember(about, member, error);
      }
      return [target, member] as const;
    });
    return Object.fromEntries(byTarget) as LossesByTarget;
  },
  { choices: Object.keys(losses) },
);

/** The losses of targets, unread; null for one loss. @throws Error for a target that is there twice. */
function entriesOf(name: string, raw: unknown): readonly (readonly [target: string, loss: unknown])[] | null {
  const object = typeof raw === 'string' && raw.startsWith('{') ? tryJson(raw) : raw;
  if (isRecord(object)) return 'kind' in object || !hasHeads(object) ? null : Object.entries(object);
  if (typeof raw !== 'string' || !/^[^:]*=/.test(raw)) return null;
  const entries: [target: string, loss: string][] = [];
  for (const part of raw.split(',')) {
    const at = part.indexOf('=');
    const [target, loss] = [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()];
    if (target === '') {
      throw new Error(`${name} has ${show(raw)}, expected target=loss,target=loss such as price=mae,buys=mse`);
    }
    const last = entries.at(-1);
    // A number is an option of the loss before it: price=huber:delta=2,weight=0.5, or price=mae,weight=0.5.
    if (last !== undefined && typeof option.numeric(loss) === 'number') {
      last[1] += `${last[1].includes(':') ? ',' : ':'}${target}=${loss}`;
    } else if (entries.some(([other]) => other === target)) {
      throw new Error(`${name} has the target ${show(target)} twice, expected one loss for each`);
    } else entries.push([target, loss]);
  }
  return entries;
}

/** 'price mae, buys softmax-cross-entropy:weight=0.5', or 'mae of each target': a loss for people to read. */
export function describeLoss(loss: LossSpec): string {
  const textOf = (spec: string | object) => (typeof spec === 'string' ? spec : describeMember({ ...spec } as Member));
  if (!hasHeads(loss)) return textOf(loss);
  const texts = Object.entries(loss).map(([target, spec]) => [target, textOf(spec)]);
  const [[, first], ...others] = texts;
  if (others.length > 0 && others.every(([, text]) => text === first)) return `${first} of each target`;
  return texts.map((entry) => entry.join(' ')).join(', ');
}

export const isByTarget = (loss: LossValue): loss is LossesByTarget => hasHeads(loss);
