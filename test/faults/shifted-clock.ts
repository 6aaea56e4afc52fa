// Loaded into a process by `--import`: its machine's clock is wrong by so many milliseconds, for every library in it.
const shiftMs = Number(process.env['TEST_CLOCK_SHIFT_MS'] ?? 0);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + shiftMs] : args, newTarget) as Date,
  get: (target, key, receiver) => (key === 'now' ? () => RealDate.now() + shiftMs : (Reflect.get(target, key, receiver) as unknown)),
});
