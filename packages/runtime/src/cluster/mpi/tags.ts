/** Tags keep messages of different meaning apart. MPI promises tags up to 32,767. */
export const TAGS = { failure: 1, stop: 2, gather: 3, spread: 4, move: 5, ready: 6, late: 9 };

const FIRST_CHANNEL = 16;
const LAST_TAG = 32_767;

/** The MPI tag of a channel. @throws RangeError if the channel is out of range. */
export function tagOf(channel: number): number {
  const last = LAST_TAG - FIRST_CHANNEL;
  if (Number.isInteger(channel) && channel >= 0 && channel <= last) return FIRST_CHANNEL + channel;
  throw new RangeError(`cluster: channel has ${channel}, expected an integer from 0 to ${last}`);
}
