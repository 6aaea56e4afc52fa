// Loaded into a process by `--import`: its machine's clock is wrong by so many milliseconds, for every library in it. From the start, or
// from the moment on at which it is set: at SIGUSR2, where TEST_CLOCK_SET_BY says so.
const wrongMs = Number(process.env['TEST_CLOCK_SHIFT_MS'] ?? 0);
let shiftMs = process.env['TEST_CLOCK_SET_BY'] === 'SIGUSR2' ? 0 : wrongMs;
process.on('SIGUSR2', () => {
  shiftMs = wrongMs;
});
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + shiftMs] : args, newTarget) as Date,
  get: (target, key, receiver) => (key === 'now' ? () => RealDate.now() + shiftMs : (Reflect.get(target, key, receiver) as unknown)),
});
