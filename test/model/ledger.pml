/* The ledger of calls as a model for Spin: two attempts on one phone, searched exhaustively by `npm run model`.
 *
 * Attempt 1 is either another delivery's, there from the start, or the one that `retry` plans when attempt 0 has ended: 0 and 1 are
 * then one delivery that may be tried twice. Each `atomic` is one write to MongoDB, one request to Twilio or one tick; everything else
 * interleaves. A killed process forgets what it held and its slot takes other work, which is what a new process does. A zombie is a
 * run that simply takes its next step much later.
 *
 * Holds in every reachable state:
 *   P2     Twilio is never asked successfully for a second call of one attempt, nor for a call to a phone that has one;
 *   final  an attempt that has ended never goes back;
 *   own    a look-up never takes the call of another attempt for its own;
 *   end    wherever nothing more can happen, every attempt is final and its retry decided; and nothing goes on for ever,
 *          so that no assumption of fairness is needed.
 *
 * Assumed of time, and why it is so:
 *   T1  from the last look at the claim's age (at most 5 s) to the request's last byte it takes less than until the 30 s are over:
 *       connecting ends after 5 s. Not so for a process that is stopped exactly there and woken much later: STOPPED_BEFORE_WRITE.
 *   T2  60 s after a request was sent, Twilio has decided on it and lists the call.
 *   An answer may take as long as it likes: the request's 14 s are for the queue's sake.
 * Assumed of the rest of the product: BullMQ and `reconcile` give every planned attempt and every filed event a run in the end (one
 * that failed for good is replayed by an operator); Twilio can be asked in the end; the final word on a call is the final one.
 * Left out: cancelling, opt-out, budgets, kill switch, recordings.
 */
#define N 2
#define CLAIMS 2 /* an attempt is given back unsent at most once, so that epochs are few */

/* 1. The moves. `transitions.test.ts` reads these lines and compares them with what the repositories do on a real MongoDB. */
mtype:state = { planned, submitting, submitted, in_progress, finished, rejected, unknown, not_placed };
#define may_claim(s)          (s == planned)
#define to_claim              submitting
#define may_unclaim(s)        (s == submitting)
#define to_unclaim            planned
#define may_submitted(s)      (s == submitting || s == unknown)
#define to_submitted          submitted
#define may_rejected(s)       (s == submitting)
#define to_rejected           rejected
#define may_unknown(s)        (s == submitting)
#define to_unknown            unknown
#define may_lookedUpInVain(s) (s == unknown)
#define to_lookedUpInVain     not_placed /* the second time */
#define may_apply(s)          (s == submitting || s == unknown || s == submitted || s == in_progress)
#define to_apply(seen)        ((seen & OVER) -> finished : ((seen & ANSWERED) -> in_progress : submitted))
#define may_finishPlanned(s)  (s == planned)
#define to_finishPlanned      finished

/* 2. The mutants: each takes one guard away, and must be found out. */
#ifdef NO_LIVE_INDEX
#define PHONE_FREE true
#else
#define PHONE_FREE (!live(0) && !live(1))
#endif
#ifdef NO_EPOCH
#define MINE true
#else
#define MINE (epoch[a] == my)
#endif
#ifdef NO_CLAIM /* a run dials what it has read as planned, though another has claimed it meanwhile */
#define DIALABLE(i) (FREE(i) || S[i] == submitting && epoch[i] < CLAIMS)
#else
#define DIALABLE(i) FREE(i)
#endif
#ifdef NO_DIAL_LIMIT
#define YOUNG true
#else
#define YOUNG (age[a] == 0)
#endif
#ifdef STOPPED_BEFORE_WRITE
#define PROMPT(i) true
#else
#define PROMPT(i) (writing[i] == 0)
#endif
#ifdef EARLY_UNKNOWN
#define ABANDONED(i) (S[i] == submitting)
#else
#define ABANDONED(i) (S[i] == submitting && age[i] == 2)
#endif
#ifdef NO_GAP
#define IN_DOUBT(i) (S[i] == unknown && inbox[i] == 0)
#else
#define IN_DOUBT(i) (S[i] == unknown && inbox[i] == 0 && (vain[i] == 0 || gap[i]))
#endif
#ifdef ONE_EMPTY_LOOKUP
#define ENOUGH 1
#else
#define ENOUGH 2
#endif
#ifdef NO_OWNER
#define MAYBE_MINE(i) (call[i] != 0 && listed[i])
#else
#define MAYBE_MINE(i) (call[i] != 0 && listed[i] && (i == a || !logged[i]))
#endif
#ifdef NO_EVENT_COUNT
#define MORE true
#else
#define MORE (drawn[a] < count(seen))
#endif

/* 3. What is stored. MongoDB: */
#define absent 0
mtype:state S[N];
byte epoch[N], vain[N] /* look-ups that found nothing */, drawn[N] /* from how many events */, inbox[N] /* which were filed */;
bool bound[N] /* has its call's SID */, logged[N] /* has its CallLog */, due /* attempt 0 waits for `retry` */;
/* Events are filed by their id, so a second copy changes nothing, and what a look-up says is filed the same way. */
#define INITIATED 1
#define ANSWERED 2
#define OVER 4
#define count(x) (((x) & 1) + (((x) >> 1) & 1) + (((x) >> 2) & 1))
#define live(i) (S[i] == submitting || S[i] == unknown || S[i] == submitted || S[i] == in_progress)
#define ended(i) (S[i] == finished || S[i] == rejected || S[i] == not_placed)
/* Twilio and the way to it: */
mtype:post = { sent, unawaited, accepted, refused, not_sent, lost };
mtype:call = { ongoing, over };
mtype:post net[N];
mtype:call call[N];
bool listed[N], told[N] /* the final callback is under way; otherwise it is lost */;
#define online(i) (call[i] == ongoing)
/* Time: the claim's age (0: up to 5 s, 1: up to 30 s, 2), 60 s since the empty look-up, a request sent after it, runs at T1. */
byte age[N], writing[N];
bool gap[N], late[N];

#define PICK(C) if :: C(0) -> a = 0 :: C(1) -> a = 1 fi
/* Of two planned attempts the one that is claimed first is called 0. */
#define FREE(i) (S[i] == planned && PHONE_FREE && (i == 0 || epoch[0] > 0 || ended(0)))
/* What no guard can read any more gets one value, so that fewer states differ. */
inline bind() { bound[a] = true; listed[a] = true; epoch[a] = 0; vain[a] = 0; gap[a] = false; age[a] = 2; late[a] = false }
inline close(again) {
  bind(); bound[a] = false; inbox[a] = 0; told[a] = false; drawn[a] = 0;
  if :: again && a == 0 && S[1] == absent -> due = true :: else fi
}
inline stop_waiting() { if :: net[a] == sent -> net[a] = unawaited :: net[a] == unawaited :: else -> net[a] = 0 fi }
inline file(what) { if :: live(a) -> inbox[a] = inbox[a] | what :: else fi }

/* 4. workers/call.ts and settle-dial.ts. Each `goto idle` without a write is a kill. */
proctype Run() {
  byte a, my;
idle: a = 0; my = 0;
end:
  atomic { PICK(DIALABLE); S[a] = to_claim; epoch[a]++; my = epoch[a]; age[a] = 0; printf("a run claims attempt %d, epoch %d\n", a, my) };
  if
  :: goto idle
  :: atomic { YOUNG -> writing[a]++; printf("  the run of %d, epoch %d, looks at its claim for the last time\n", a, my) }
  :: atomic { age[a] > 0 && my < CLAIMS -> printf("  the claim of %d is too old to dial\n", a);
       if :: may_unclaim(S[a]) && MINE -> S[a] = to_unclaim; age[a] = 0 :: else fi; goto idle }
  fi;
  if
  :: atomic { writing[a]--; goto idle }
  :: atomic { writing[a]--; net[a] = sent; late[a] = (vain[a] > 0); printf("  the request of %d, epoch %d, is sent\n", a, my) }
  fi;
  if
  :: atomic { true -> printf("  the run of %d is killed in its request\n", a); stop_waiting(); goto idle }
  :: atomic { net[a] == accepted -> net[a] = 0; printf("  answer for %d: accepted\n", a);
       if
       :: may_submitted(S[a]) && MINE -> S[a] = to_submitted; bind()
       :: else -> /* the callback was first; or nobody waits for this call, and it is ended */
          if
          :: bound[a] || S[a] == finished
          :: else -> if :: online(a) -> call[a] = over; printf("  the call of %d is hung up\n", a) :: else fi
          fi
       fi }
  :: atomic { net[a] == refused -> net[a] = 0; printf("  answer for %d: refused\n", a);
       if :: may_rejected(S[a]) && MINE -> S[a] = to_rejected; close(false) :: else fi; goto idle }
  :: atomic { net[a] == not_sent -> net[a] = 0; printf("  nothing was sent for %d\n", a);
       if :: may_unclaim(S[a]) && MINE -> S[a] = to_unclaim; age[a] = 0 :: else fi; goto idle }
  :: atomic { true -> printf("  no answer for %d: unknown\n", a); stop_waiting();
       if
#ifdef BLIND_REDIAL
       :: may_unknown(S[a]) && MINE && my < CLAIMS -> S[a] = planned
#endif
       :: may_unknown(S[a]) && MINE -> S[a] = to_unknown; age[a] = 2
       :: else
       fi; goto idle }
  fi;
  if
  :: goto idle
  :: atomic { logged[a] = true; goto idle }
  fi
}

/* 5. workers/steps/settle-calls.ts. The list is read in one step and written upon in another: passes may overlap. */
#define SILENT(i) ((S[i] == submitted || S[i] == in_progress) && call[i] == over && !(inbox[i] & OVER))
proctype Reconcile() {
  byte a, my, before;
idle: a = 0; my = 0; before = 0;
end:
  if
  :: atomic { PICK(ABANDONED); my = epoch[a] };
     atomic {
       if
       :: may_unknown(S[a]) && MINE -> S[a] = to_unknown; printf("reconcile: %d is unknown\n", a)
       :: else
       fi }
  :: atomic { PICK(IN_DOUBT);
       if
       :: MAYBE_MINE(0) || MAYBE_MINE(1) ->
          printf("reconcile: a call that may be of %d is listed\n", a);
          assert(MAYBE_MINE(a) && !(MAYBE_MINE(0) && MAYBE_MINE(1))); /* own */
          if :: call[a] == over -> file(OVER) :: else -> file(INITIATED) fi; goto idle
       :: else -> my = epoch[a]; before = vain[a]
       fi };
     atomic {
       if
       :: may_lookedUpInVain(S[a]) && MINE && vain[a] == before ->
          printf("reconcile: no call of %d is listed\n", a);
#ifndef FORGETFUL
          vain[a]++;
#endif
          gap[a] = false;
          if
          :: vain[a] >= ENOUGH -> S[a] = to_lookedUpInVain; printf("  %d is not placed\n", a); close(true)
          :: else
          fi
       :: else
       fi }
  :: atomic { PICK(SILENT); file(OVER) }
  fi; goto idle
}

/* 6. workers/call-event.ts. Killed before the end it does the same again, which changes nothing: no event is closed here. */
#define RECEIVED(i) (drawn[i] < count(inbox[i]))
proctype Event() {
  byte a, seen;
idle: a = 0; seen = 0;
end:
  atomic { PICK(RECEIVED); seen = inbox[a] };
  atomic {
    if
    :: may_apply(S[a]) && MORE -> logged[a] = true; S[a] = to_apply(seen);
       printf("events of %d are applied: %e\n", a, S[a]);
       if
       :: S[a] == finished -> if :: close(true) /* busy, say */ :: close(false) fi
       :: else -> bind()
       fi; drawn[a] = count(seen)
    :: S[a] == finished && MORE -> /* its own call's: details may change, but */
       assert(seen & OVER); /* final */
       drawn[a] = count(seen)
    :: else
    fi };
  goto idle
}

/* 7. The world: contact rules, `retry`, Twilio, the network, the clock. */
#define SENT(i) (net[i] == sent || net[i] == unawaited)
#define UNLISTED(i) (S[i] == unknown && call[i] != 0 && !listed[i])
#define COMING(i) (call[i] != 0 && live(i) && (inbox[i] & 3) != 3 || told[i] && !(inbox[i] & OVER))
#define FRESH(i) (S[i] == submitting && age[i] == 0)
#define AGEING(i) (S[i] == submitting && age[i] == 1 && PROMPT(i))
#define GAPPING(i) (S[i] == unknown && vain[i] == 1 && !gap[i] && PROMPT(i) && (late[i] || !SENT(i) && !UNLISTED(i)))
proctype World() {
  byte a;
end:
  do
  :: atomic { PICK(FREE); may_finishPlanned(S[a]) -> S[a] = to_finishPlanned; close(false); a = 0 }
  :: atomic { due -> S[1] = planned; due = false; printf("retry plans attempt 1\n") }
  :: atomic { PICK(SENT);
       if
       :: printf("Twilio accepts a call for %d\n", a);
          assert(call[a] == 0); assert(!online(0) && !online(1)); /* P2 */
          call[a] = ongoing; if :: net[a] == sent -> net[a] = accepted :: else -> net[a] = 0 fi
       :: net[a] == sent -> net[a] = refused
       :: net[a] == sent && epoch[a] < CLAIMS -> net[a] = not_sent
       :: net[a] == sent -> net[a] = lost
       :: net[a] == unawaited -> net[a] = 0
       fi; a = 0 }
  :: atomic { PICK(UNLISTED); listed[a] = true; printf("Twilio lists the call of %d\n", a); a = 0 }
  :: atomic { PICK(online); call[a] = over; printf("the call of %d is over\n", a); if :: live(a) -> told[a] = true :: true fi; a = 0 }
  :: atomic { PICK(COMING); /* callbacks, in any order or never */
       if
       :: !(inbox[a] & INITIATED) -> file(INITIATED)
       :: !(inbox[a] & ANSWERED) -> file(ANSWERED)
       :: told[a] && !(inbox[a] & OVER) -> file(OVER)
       fi; printf("a callback of %d is filed\n", a); a = 0 }
  :: atomic { PICK(FRESH); age[a] = 1; printf("5 s pass for %d\n", a); a = 0 }
  :: atomic { PICK(AGEING); age[a] = 2; printf("30 s pass for %d\n", a); a = 0 }
  :: atomic { PICK(GAPPING); gap[a] = true; age[a] = 2; printf("60 s pass for %d\n", a); a = 0 }
  od
}

init {
  byte i;
  atomic {
    S[0] = planned;
    if :: S[1] = planned :: true fi;
    for (i : 1 .. RUNS) { run Run() }
#ifndef NO_RECONCILE
    for (i : 1 .. RECONCILES) { run Reconcile() }
#endif
    for (i : 1 .. EVENTS) { run Event() }
    run World();
    i = 0
  };
  timeout -> assert(ended(0) && (ended(1) || S[1] == absent) && !due) /* end */
}
