// Before memory is read: V8 collects all garbage and gives back what it holds in reserve.
//
// The gc() of --expose-gc is not enough: it leaves the young generation as large as it has grown,
// up to 32 MiB of empty pages, and then the readings lie on no line. V8's answer to low memory
// shrinks it, and the inspector offers that to the program itself, without a flag and without a
// port.

export const CAN_SETTLE = process.features.inspector;

export async function settle() {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}
