import { TAGS } from './exchange.ts';
import type { Ledger } from './ledger.ts';
import type { Mail } from './mail.ts';

/**
 * Most characters of a failure's message. Short, since MPI sends only short messages without waiting for the receiver.
 */
const LENGTH = 300;

/** A rank that has failed. */
export interface Failure {
  readonly rank: number;
  readonly message: string;
  readonly turn: number; // collective calls that the rank had completed
}

/** Tells all others that this rank has failed. */
export function sendFailure(mail: Mail, ledger: Ledger, ranks: number, { rank, message, turn }: Failure): void {
  const bytes = new TextEncoder().encode(`${turn} ${message.slice(0, LENGTH)}`);
  for (let other = 0; other < ranks; other++) if (other !== rank) mail.send(other, TAGS.failure, bytes);
  mail.isSent();
  ledger.noteFailure(rank, message, turn);
}

/** Whether another rank reports that it has failed; records the report. */
export function takeFailure(mail: Mail, ledger: Ledger): boolean {
  const letter = mail.take(null, TAGS.failure);
  if (letter === null) return false;
  const [, turn, message] = /^(\d+) (.*)$/s.exec(new TextDecoder().decode(letter.bytes)) ?? ['', '0', ''];
  ledger.noteFailure(letter.rank, message, Number(turn));
  return true;
}
