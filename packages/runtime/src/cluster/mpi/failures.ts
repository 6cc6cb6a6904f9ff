import { TAGS } from './exchange.ts';
import type { Ledger } from './ledger.ts';
import type { Mailbox } from './mailbox.ts';

/** Maximum characters of a failure's message: MPI sends only short messages without waiting for the receiver. */
const MAX_MESSAGE_LENGTH = 300;

export interface Failure {
  readonly rank: number;
  readonly message: string;
  readonly completedCalls: number; // collective calls that the rank had completed
}

export function sendFailure(
  mailbox: Mailbox,
  ledger: Ledger,
  ranks: number,
  { rank, message, completedCalls }: Failure,
): void {
  const bytes = new TextEncoder().encode(`${completedCalls} ${message.slice(0, MAX_MESSAGE_LENGTH)}`);
  for (let other = 0; other < ranks; other++) if (other !== rank) mailbox.send(other, TAGS.failure, bytes);
  mailbox.isSent(); // lets the messages progress
  ledger.recordFailure(rank, message, completedCalls);
}

/** Whether another rank reports that it has failed; records the report. */
export function receiveFailure(mailbox: Mailbox, ledger: Ledger): boolean {
  const report = mailbox.receive(null, TAGS.failure);
  if (report === null) return false;
  const [, completedCalls, message] = /^(\d+) (.*)$/s.exec(new TextDecoder().decode(report.bytes)) ?? ['', '0', ''];
  ledger.recordFailure(report.rank, message, Number(completedCalls));
  return true;
}
