// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.vswitch.linux.AddressSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * Carries out the rules that change or copy frames or look into other tables, action by action, so
 * that each output sees what stands before it in the rule and nothing of what stands behind.
 *
 * <p>Only the private snapshot of the headers is changed. Outputs send the snapshot of a frame that
 * lies in a guest's memory, so such a frame needs no copy for being changed. It is written back to
 * the frame's own place in two cases: a chunk of the switch's own pool, and the receive buffer of
 * the very guest that gets the frame, when its length stays; a frame that grew or shrank does not
 * lie at the place that this guest's descriptor names any more, and is copied. A transmit buffer
 * that a guest lends is never written.
 *
 * <p>An output waits until it is known whether another one, or a change, follows: only the last may
 * take the frame's buffer, all others copy.
 *
 * <p>A tag moves the frame's start: address and length of such frames are put back when the batch
 * has been sent, since whoever gets the buffer back knows the old ones.
 */
final class Rewriter {
  /** Visits of the same or an earlier table within each other; OVS's MAX_DEPTH. */
  static final int DEPTH_MAX = 64;

  /**
   * Lookups for one frame behind the first: a bound on how long one frame can hold the loop. OVS
   * allows 4096, but does them once for many frames.
   */
  static final int LOOKUPS_MAX = 256;

  private static final int TAG_LENGTH = 4;

  /** Bytes that tags can add: those of one rule, and one that a tag's value makes. */
  private static final int GROWTH_MAX = (Action.PushVlan.MAX + 1) * TAG_LENGTH;

  private static final MatchField[] FIELDS = MatchField.values();
  private static final int FIRST_STATE = RewriteRule.SET_FIELD + MatchField.METADATA.ordinal();
  private static final int SOURCE = 6;

  /** In place of a rule's index in what was visited: the meter let the frame pass, or did not. */
  static final int PASSED = 1;

  static final int STOPPED = 0;

  private final Pipeline pipeline;
  private final LongSupplier clockNs;
  private final GroupWalk groups = new GroupWalk(this);
  private final FrameEditor editor = new FrameEditor();
  private final int[] moved = new int[FrameBatch.CAPACITY];
  private final long[] movedAddress = new long[FrameBatch.CAPACITY];
  private final int[] movedLength = new int[FrameBatch.CAPACITY];
  private int movedCount;

  // What follows is about the frame at hand.

  private final long[] key = new long[FlowKey.WORDS];

  /** Whether the frame was changed since the key was read. */
  private boolean stale;

  private int inPort;
  private long address;
  private int length;
  private boolean changed;

  /** The frame is given up. */
  private boolean ended;

  /** A meter has stopped the frame: nothing more is done with it, or with this bucket's part. */
  private boolean stopped;

  /** Port of the output that waits; 0 if none does. */
  private int waiting;

  /** Whether that is an output to the input. */
  private boolean waitingBack;

  private int table;
  private int depth;
  private int lookups;

  /** Where the frame went: rules found in tables, buckets of groups, verdicts of meters. */
  private final VisitKind[] visitedKind = new VisitKind[LOOKUPS_MAX];

  private final int[] visitedPlace = new int[LOOKUPS_MAX];
  private final int[] visitedResult = new int[LOOKUPS_MAX];

  /** The clock, read once for a batch when the first meter asks; meaningless while not read. */
  private long nowNs;

  private boolean clockRead;

  /**
   * @param clockNs what meters go by: as {@link System#nanoTime}
   */
  Rewriter(Pipeline pipeline, LongSupplier clockNs) {
    this.pipeline = pipeline;
    this.clockNs = clockNs;
  }

  /** Where the last frame went behind the first lookup; for a trace. */
  List<FrameTrace.Visit> visits() {
    List<FrameTrace.Visit> visits = new ArrayList<>();
    for (int i = 0; i < lookups; i++) {
      visits.add(new FrameTrace.Visit(visitedKind[i], visitedPlace[i], visitedResult[i]));
    }
    return visits;
  }

  /**
   * Carries out the rule for frame i.
   *
   * @param keys the keys of the batch; the frame's own is at {@code at}
   */
  void apply(
      FrameBatch batch, int i, int rule, int inPort, long[] keys, int at, InputCounters counters) {
    batch.separate(i);
    captureMore(batch, i);
    int base = i * FrameBatch.HEADER_STRIDE;
    editor.open(batch.headers, base, batch.captured(i), pipeline.program().vlanLimit, keys, at);
    System.arraycopy(keys, at, key, 0, FlowKey.WORDS);
    this.inPort = inPort;
    address = batch.address[i];
    length = batch.length[i];
    stale = false;
    changed = false;
    ended = false;
    stopped = false;
    waiting = 0;
    groups.start();
    table = 0;
    depth = 0;
    lookups = 0;
    batch.dropped(i, DropReason.RULE.ordinal()); // unless an output is reached
    carryOut(batch, i, rule, true, counters);
    if (waiting != 0 && !ended) {
      sendLast(batch, i, counters);
    }
  }

  /**
   * @param outermost nothing comes behind the rule, so what it changes after its last output
   *     changes nothing
   */
  private void carryOut(
      FrameBatch batch, int i, int rule, boolean outermost, InputCounters counters) {
    FlowProgram program = pipeline.program();
    RewriteRule what = program.rewrite(rule);
    if (what == null) {
      sendOnly(batch, i, program, rule, counters);
      return;
    }
    run(batch, i, what, outermost, counters);
  }

  /**
   * Carries out the actions of a rule or a bucket.
   *
   * @param outermost nothing is done with the frame behind them
   */
  void run(FrameBatch batch, int i, RewriteRule what, boolean outermost, InputCounters counters) {
    int last = outermost ? what.lastSent : what.operation.length - 1;
    for (int a = 0; a <= last && !ended && !stopped; a++) {
      int operation = what.operation[a];
      boolean nothingFollows = outermost && a == last;
      if (operation == RewriteRule.OUTPUT) {
        output(batch, i, (int) what.value[a], counters);
      } else if (operation == RewriteRule.RESUBMIT) {
        visit(batch, i, (int) what.value[a], (int) what.mask[a], nothingFollows, counters);
      } else if (operation == RewriteRule.GROUP) {
        groups.walk(batch, i, (int) what.value[a], nothingFollows, counters);
      } else if (operation == RewriteRule.METER) {
        meter(batch, i, (int) what.value[a]);
      } else if (operation >= FIRST_STATE) {
        MatchField field = FIELDS[operation - RewriteRule.SET_FIELD];
        FlowKey.set(field, what.value[a], what.mask[a], key, 0);
      } else if (operation == RewriteRule.MIRROR) {
        mirror(batch, i, (int) what.value[a]);
      } else if (operation == RewriteRule.PUNT) {
        punt(batch, i, Objects.requireNonNull(what.rule), (int) what.value[a]);
      } else if (!change(batch, i, what, a, counters)) {
        return;
      }
    }
  }

  /** A rule that changes nothing. */
  private void sendOnly(
      FrameBatch batch, int i, FlowProgram program, int rule, InputCounters counters) {
    int single = program.single(rule);
    if (single > 0) {
      output(batch, i, single, counters);
      return;
    }
    for (int target : program.targets(rule)) {
      output(batch, i, target, counters);
    }
  }

  // ---- tables --------------------------------------------------------------------------------

  /**
   * Does what the best rule of a table says.
   *
   * @param port as if the frame came from there; 0 for where it came from
   */
  private void visit(
      FrameBatch batch, int i, int there, int port, boolean last, InputCounters counters) {
    int deeper = there <= table ? 1 : 0;
    if (depth + deeper > DEPTH_MAX) {
      giveUp(batch, i, DropReason.TABLE_LIMIT);
      return;
    }
    readKey(batch, i);
    FlowKey.moveTo(there, port == 0 ? inPort : port, key, 0);
    int rule = pipeline.find(key);
    if (!note(batch, i, VisitKind.TABLE, there, rule)) {
      return;
    }
    if (rule == Classifier.MISS) {
      batch.dropped(i, DropReason.NO_RULE.ordinal());
      return;
    }
    pipeline.program().count(rule, 1, length, pipeline.nowNs());
    int here = table;
    table = there;
    depth += deeper;
    carryOut(batch, i, rule, last, counters);
    depth -= deeper;
    table = here;
  }

  /** Notes a step of the frame's way; gives the frame up if there are too many. */
  private boolean note(FrameBatch batch, int i, VisitKind kind, int place, int result) {
    if (lookups == LOOKUPS_MAX) {
      giveUp(batch, i, DropReason.TABLE_LIMIT);
      return false;
    }
    visitedKind[lookups] = kind;
    visitedPlace[lookups] = place;
    visitedResult[lookups++] = result;
    return true;
  }

  // ---- groups and meters ---------------------------------------------------------------------

  private void meter(FrameBatch batch, int i, int number) {
    if (!clockRead) {
      nowNs = clockNs.getAsLong();
      clockRead = true;
    }
    boolean passes = pipeline.program().groups().passes(number, batch.length[i], nowNs);
    if (note(batch, i, VisitKind.METER, number, passes ? PASSED : STOPPED) && !passes) {
      batch.dropped(i, DropReason.METER.ordinal());
      stopped = true;
    }
  }

  GroupRow group(int number) {
    return pipeline.program().groups().group(number);
  }

  /** Whether a port that a bucket watches can send; port 0 stands for none. */
  boolean isLive(int port) {
    return port == 0 || (pipeline.program().groups().isLive(port) && pipeline.isUp(port));
  }

  /** Notes which bucket was chosen; false if the frame has gone too many ways. */
  boolean noteBucket(FrameBatch batch, int i, int group, int bucket) {
    return note(batch, i, VisitKind.GROUP, group, bucket);
  }

  void countBucket(GroupRow group, int bucket, int bytes) {
    pipeline.program().groups().countBucket(group.slot, bucket, bytes);
  }

  void save(FrameBatch batch, int i, SavedFrame frame) {
    frame.save(batch, i, key, editor);
  }

  /** The frame is again what it was; an output that waits gets what the bucket made of it. */
  void restore(FrameBatch batch, int i, SavedFrame frame, InputCounters counters) {
    sendWaiting(batch, i, counters);
    frame.restore(batch, i, key, editor);
    stale = false;
    pipeline.tap().changed(i);
  }

  boolean isEnded() {
    return ended;
  }

  /** What a meter stopped in a bucket was that bucket's part only. */
  void endBucket() {
    stopped = false;
  }

  /** The key of the frame as it is now. */
  long[] readKey(FrameBatch batch, int i) {
    if (stale) {
      int base = i * FrameBatch.HEADER_STRIDE;
      HeaderParser.parseChanged(
          batch.headers,
          base,
          editor.isTagged(),
          editor.network(),
          editor.captured(),
          batch.length[i],
          key,
          0);
      stale = false;
    }
    return key;
  }

  void giveUp(FrameBatch batch, int i, DropReason reason) {
    batch.dropped(i, reason.ordinal());
    ended = true;
  }

  // ---- the frame in its batch ----------------------------------------------------------------

  /**
   * Lengthens the snapshot: a checksum may lie behind what the parser needed. What was captured
   * before, and decided on, is not read again.
   */
  private static void captureMore(FrameBatch batch, int i) {
    int have = batch.captured(i);
    int want = Math.min(FrameBatch.HEADER_STRIDE, batch.length[i]);
    if (want > have) {
      int at = i * FrameBatch.HEADER_STRIDE + have;
      AddressSpace.copyToArray(batch.address[i] + have, batch.headers, at, want - have);
      batch.setCaptured(i, want);
    }
  }

  /** Makes room for one more tag; false if there are headers where it is needed, or too many. */
  private boolean makeRoom() {
    int most = FrameBatch.HEADER_STRIDE - TAG_LENGTH;
    if (editor.grown() > GROWTH_MAX - TAG_LENGTH) {
      return false;
    }
    if (editor.captured() > most) {
      if (editor.headersEnd() > most) {
        return false;
      }
      editor.trim(most);
    }
    return true;
  }

  private void move(FrameBatch batch, int i) {
    int grown = editor.grown();
    if (batch.length[i] == length + grown) {
      return;
    }
    if (movedCount == 0 || moved[movedCount - 1] != i) {
      moved[movedCount] = i;
      movedAddress[movedCount] = address;
      movedLength[movedCount++] = length;
    }
    batch.address[i] = address - grown;
    batch.setLength(i, length + grown);
  }

  /** A new batch begins. */
  void start() {
    movedCount = 0;
    lookups = 0;
    clockRead = false;
  }

  /** The batch has been sent, or given up: its frames lie where their owners know them. */
  void putBack(FrameBatch batch) {
    for (int m = 0; m < movedCount; m++) {
      batch.address[moved[m]] = movedAddress[m];
      batch.setLength(moved[m], movedLength[m]);
    }
    movedCount = 0;
  }

  private static void writeBack(FrameBatch batch, int i) {
    int from = i * FrameBatch.HEADER_STRIDE;
    AddressSpace.copyFromArray(batch.headers, from, batch.address[i], batch.captured(i));
  }

  // ---- outputs -------------------------------------------------------------------------------

  private void output(FrameBatch batch, int i, int target, InputCounters counters) {
    int port = target;
    if (port == FlowProgram.NORMAL) {
      port =
          pipeline.switchByMac(editor.source(), editor.destination(), editor.endsInTag(), inPort);
    }
    if (port == FlowProgram.FLOOD) {
      sendWaiting(batch, i, counters);
      leave(batch, i);
      pipeline.floodCopies(batch, i, inPort, counters);
      return;
    }
    boolean back = port == FlowProgram.IN_PORT;
    port = back ? inPort : port;
    if (port <= 0) {
      return;
    }
    if (port == inPort && !back) {
      batch.dropped(i, DropReason.OUTPUT_IS_INPUT.ordinal());
      return;
    }
    if (waiting != 0 && waiting != port && isHome(batch, i, waiting)) {
      leave(batch, i); // who waits may keep the frame's buffer, so this one gets a copy first
      pipeline.sendNow(batch, i, port, false, counters);
      return;
    }
    sendWaiting(batch, i, counters);
    waiting = port;
    waitingBack = back;
  }

  /** Whether the frame lies in a buffer that this port's guest posted to receive frames in. */
  private static boolean isHome(FrameBatch batch, int i, int port) {
    return OwnerIds.port(batch.owner[i]) == port && (batch.owner[i] & 1) == 0;
  }

  /** A copy of the frame as it is now; the frame's own way and outcome stay as they are. */
  private void mirror(FrameBatch batch, int i, int port) {
    if (port > 0 && port != inPort) {
      settle(batch, i);
      pipeline.tap().copy(batch, i, port, MirrorTap.BY_RULES);
    }
  }

  /** To the API; counts as dropped for one of two reasons while no port gets the frame. */
  private void punt(FrameBatch batch, int i, FlowRule rule, int lengthMax) {
    PuntQueue queue = pipeline.punts();
    boolean taken = queue != null && queue.offer(batch, i, inPort, rule, lengthMax);
    batch.dropped(i, (taken ? DropReason.PUNTED : DropReason.PUNT_LIMIT).ordinal());
  }

  /** What lies in the switch's own memory is read there, so changes must be there. */
  private void settle(FrameBatch batch, int i) {
    if (changed && batch.owner[i] == FrameBatch.HOST_POOL) {
      writeBack(batch, i);
    }
  }

  /** The frame leaves as it is now. */
  private void leave(FrameBatch batch, int i) {
    settle(batch, i);
    editor.sent();
  }

  /** Something follows: the output that waits gets a copy. */
  private void sendWaiting(FrameBatch batch, int i, InputCounters counters) {
    if (waiting != 0) {
      leave(batch, i);
      pipeline.sendNow(batch, i, waiting, false, counters);
      waiting = 0;
    }
  }

  /** Nothing follows: the output that waits may have the frame's buffer. */
  private void sendLast(FrameBatch batch, int i, InputCounters counters) {
    leave(batch, i);
    boolean home = isHome(batch, i, waiting);
    boolean fits = !home || editor.grown() == 0;
    if (fits && home && changed) {
      writeBack(batch, i);
    }
    if (fits && !waitingBack) {
      pipeline.enqueue(batch, i, waiting, inPort, counters);
    } else {
      pipeline.sendNow(batch, i, waiting, fits, counters);
    }
  }

  // ---- changes -------------------------------------------------------------------------------

  /** One change; false if what follows in the rule is not done. */
  private boolean change(FrameBatch batch, int i, RewriteRule rule, int a, InputCounters counters) {
    int operation = rule.operation[a];
    if (operation == RewriteRule.MOVE) {
      readKey(batch, i);
    }
    sendWaiting(batch, i, counters);
    boolean goesOn = true;
    switch (operation) {
      case RewriteRule.PUSH_VLAN -> push(batch, i, (int) rule.value[a]);
      case RewriteRule.POP_VLAN -> editor.popVlan();
      case RewriteRule.DEC_TTL -> goesOn = editor.decrementTtl();
      case RewriteRule.MOVE -> copy(batch, i, rule.value[a]);
      default ->
          set(
              batch,
              i,
              FIELDS[operation - RewriteRule.SET_FIELD],
              rule.value[a],
              rule.mask[a],
              rule.valueHigh[a],
              rule.maskHigh[a]);
    }
    if (!goesOn) {
      batch.dropped(i, DropReason.TTL_EXPIRED.ordinal());
      return false;
    }
    if (editor.isBeyond()) {
      giveUp(batch, i, DropReason.HEADERS_TOO_LONG);
    }
    changed = true;
    stale = true;
    pipeline.tap().changed(i);
    batch.setCaptured(i, editor.captured());
    move(batch, i);
    return !ended;
  }

  private void push(FrameBatch batch, int i, int type) {
    if (makeRoom()) {
      editor.pushVlan(type);
    } else {
      giveUp(batch, i, DropReason.HEADERS_TOO_LONG);
    }
  }

  /** {@link RewriteRule#MOVE}. */
  private void copy(FrameBatch batch, int i, long what) {
    MatchField from = FIELDS[(int) what & 0xff];
    MatchField to = FIELDS[(int) (what >>> 16) & 0xff];
    int toBit = (int) (what >>> 24) & 0xff;
    long bits = -1L >>> (Long.SIZE - (what >>> 32));
    long value = FlowKey.get(from, key, 0) >>> (what >>> 8 & 0xff) & bits;
    if (to.isState()) {
      FlowKey.set(to, value << toBit, bits << toBit, key, 0);
    } else {
      set(batch, i, to, value << toBit, bits << toBit, 0, 0);
    }
  }

  private void set(
      FrameBatch batch,
      int i,
      MatchField field,
      long value,
      long mask,
      long valueHigh,
      long maskHigh) {
    switch (field) {
      case DL_VLAN -> setVlan(batch, i, (int) value, 0xfff);
      case DL_VLAN_PCP -> setVlan(batch, i, (int) value << 13, 0xe000);
      case DL_DST -> editor.setMac(0, value, mask);
      case DL_SRC -> editor.setMac(SOURCE, value, mask);
      case NW_SRC -> editor.setIpv4(12, value, mask);
      case NW_DST -> editor.setIpv4(16, value, mask);
      case IPV6_SRC -> editor.setIpv6(8, valueHigh, value, maskHigh, mask);
      case IPV6_DST -> editor.setIpv6(24, valueHigh, value, maskHigh, mask);
      case NW_TOS, NW_ECN -> editor.setTos((int) value, (int) mask);
      case NW_TTL -> editor.setTtl((int) value);
      case TP_SRC -> editor.setPort(0, (int) value, (int) mask);
      case TP_DST -> editor.setPort(2, (int) value, (int) mask);
      case ICMP_TYPE -> editor.setIcmp((int) value << 8, 0xff00);
      case ICMP_CODE -> editor.setIcmp((int) value, 0xff);
      case ND_TARGET -> editor.setNeighbourTarget(valueHigh, value, maskHigh, mask);
      case ND_SLL -> editor.setNeighbourAddress(HeaderOffsets.SOURCE_OPTION, value, mask);
      case ND_TLL -> editor.setNeighbourAddress(HeaderOffsets.TARGET_OPTION, value, mask);
      case ND_RESERVED -> editor.setNeighbourFlags(value, mask);
      case ND_OPTIONS_TYPE -> editor.setNeighbourOption((int) value);
      case ARP_OP -> editor.setArp(6, 1, value, mask);
      case ARP_SHA -> editor.setArp(8, 3, value, mask);
      case ARP_SPA -> editor.setArp(14, 2, value, mask);
      case ARP_THA -> editor.setArp(18, 3, value, mask);
      case ARP_TPA -> editor.setArp(24, 2, value, mask);
      default -> {} // no other field can be set (Action.SetField)
    }
  }

  private void setVlan(FrameBatch batch, int i, int value, int mask) {
    if (editor.isTagged() || makeRoom()) {
      editor.setVlan(value, mask);
    } else {
      giveUp(batch, i, DropReason.HEADERS_TOO_LONG);
    }
  }
}
