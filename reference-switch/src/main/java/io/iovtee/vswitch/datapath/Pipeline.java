// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.ExactMatchCache;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Parse, classify, act: what every frame of one poll loop goes through. It does not know what kind
 * of buffer a frame lies in; outputs and owners do.
 */
final class Pipeline {
  private static final int[] IDENTITY = IntStream.range(0, FrameBatch.CAPACITY).toArray();

  private final ExactMatchCache cache = new ExactMatchCache();
  private final MacTable macs;
  private final Rewriter rewriter;
  private final MirrorTap tap = new MirrorTap(this);
  private final @Nullable TxQueue[] outputs = new TxQueue[OwnerIds.PORTS_MAX + 1];
  private final long[] keys = new long[FrameBatch.CAPACITY * FlowKey.WORDS];
  private final int[] flowRules = new int[FrameBatch.CAPACITY];

  /** Per frame: which of the batch's keys is its own, and the rule that decides it. */
  private final int[] keyOf = new int[FrameBatch.CAPACITY];

  private final int[] rules = new int[FrameBatch.CAPACITY];

  /** Per key: the rule that decides, in the first table or a later one. */
  private final int[] decided = new int[FrameBatch.CAPACITY];

  private final GotoWalk walk = new GotoWalk();

  /** Whether each lookup is noted. */
  private boolean tracing;

  /** Frames waiting for each port, as indexes into the batch. */
  private final int[][] pending = new int[OwnerIds.PORTS_MAX + 1][];

  private final int[] pendingCount = new int[OwnerIds.PORTS_MAX + 1];
  private final int[] touched = new int[OwnerIds.PORTS_MAX + 1];
  private int touchedCount;
  private final int[] one = new int[1];

  private final UsedOutputs used = new UsedOutputs(outputs);

  private FlowProgram program;

  private final PortRules portRules;

  /** Whether any rule looks at metadata or registers. */
  private boolean stateMatched;

  private @Nullable PuntQueue punts;
  private int nowS;
  private long nowNs;

  Pipeline(FlowProgram program, MacTable macs) {
    this(program, macs, System::nanoTime);
  }

  /**
   * @param clockNs what meters go by
   */
  Pipeline(FlowProgram program, MacTable macs, LongSupplier clockNs) {
    this.program = program;
    this.macs = macs;
    portRules = new PortRules(program.classifier);
    rewriter = new Rewriter(this, clockNs);
    setProgram(program);
  }

  /** Swaps the rules; from the next batch on the new ones decide. */
  void setProgram(FlowProgram next) {
    program = next;
    cache.reset(next.classifier);
    portRules.reset(next.classifier);
    long[] looked = next.classifier.unionMask();
    stateMatched = false;
    for (int word = MatchField.METADATA.word(); word < looked.length; word++) {
      stateMatched |= looked[word] != 0;
    }
  }

  /**
   * The rule for a key in whatever table. The cache knows what frames have, not what rules left in
   * metadata and registers.
   */
  int find(long[] key) {
    return stateMatched ? program.classifier.lookup(key, 0) : cache.lookup(key, 0);
  }

  FlowProgram program() {
    return program;
  }

  ExactMatchCache cache() {
    return cache;
  }

  /** A trace begins: what frames before it visited is forgotten. */
  void startTrace() {
    tracing = true;
    rewriter.start();
  }

  /** Lookups, groups and meters that rules asked for, of the last frame; for a trace. */
  List<FrameTrace.Visit> visits() {
    return rewriter.visits();
  }

  /** The rule that decided the first frame of the last batch, or {@link Classifier#MISS}. */
  int firstRule() {
    return flowRules[0];
  }

  /** Whether this loop can send to the port. */
  boolean isUp(int port) {
    return outputs[port] != null;
  }

  /** The port's output, past mirrors; null if it has none. */
  @Nullable TxQueue output(int port) {
    TxQueue output = outputs[port];
    return output == null ? null : MirroredOutput.behind(output);
  }

  /** Numbers of the ports that have an output. */
  int[] portsUp() {
    int[] up = new int[outputs.length];
    int count = 0;
    for (int port = 1; port < outputs.length; port++) {
      if (outputs[port] != null) {
        up[count++] = port;
      }
    }
    return Arrays.copyOf(up, count);
  }

  /** Adds or (null) removes an output. */
  void setOutput(int port, @Nullable TxQueue output) {
    outputs[port] = output == null ? null : tap.before(port, output);
    pending[port] = new int[FrameBatch.CAPACITY];
  }

  /** Swaps the switch's mirrors; from the next batch on they are these. */
  void setMirrors(MirrorTable mirrors) {
    tap.setTable(mirrors);
    for (int port = 1; port < outputs.length; port++) {
      TxQueue output = outputs[port];
      outputs[port] = output == null ? null : tap.before(port, MirroredOutput.behind(output));
    }
  }

  /** Copies for mirrors. */
  MirrorTap tap() {
    return tap;
  }

  /** Where rules hand frames over to the API; null: nowhere. */
  void setPunts(@Nullable PuntQueue queue) {
    punts = queue;
  }

  /** The outputs of a batch. */
  UsedOutputs used() {
    return used;
  }

  @Nullable PuntQueue punts() {
    return punts;
  }

  /**
   * Coarse clocks; the loop sets them now and then.
   *
   * @param seconds for MAC ageing
   * @param ns {@link System#nanoTime}, for rules' idle ages
   */
  void setNow(int seconds, long ns) {
    nowS = seconds;
    nowNs = ns;
  }

  long nowNs() {
    return nowNs;
  }

  /**
   * Finds each frame's rule and carries out the rule's actions. Frames of one flow come in runs:
   * only of the first of a run a snapshot is taken, parsed and looked up.
   */
  void process(FrameBatch batch, int inPort, InputCounters counters) {
    if (tap.isReserved(inPort)) {
      flowRules[0] = Classifier.MISS;
      dropAll(batch, DropReason.MIRROR_OUTPUT);
      return;
    }
    if (actUnparsed(batch, inPort, counters)) {
      return;
    }
    batch.fetchShared();
    int n = batch.count;
    int flows = 0;
    for (int i = 0; i < n; flows++) {
      batch.capture(i, FrameBatch.FIRST_CAPTURE);
      parse(batch, i, inPort, flows * FlowKey.WORDS);
      int end = batch.runEnd(i);
      if (i > 0 || end < n) {
        Arrays.fill(keyOf, i, end, flows);
      }
      i = end;
    }
    cache.lookup(keys, flows, flowRules);
    decide(flows, inPort);
    if (tap.isOn()) {
      tap.received(batch, inPort);
    }
    if (flows == 1) {
      if (!walk.any() && actTogether(batch, decided[0], inPort, counters)) {
        return;
      }
      Arrays.fill(keyOf, 0, n, 0);
    }
    for (int i = 0; i < n; i++) {
      rules[i] = decided[keyOf[i]];
    }
    if (walk.any()) {
      countPassed(batch, flows);
    }
    if (!isUniform(n) || !actTogether(batch, rules[0], inPort, counters)) {
      actEach(batch, inPort, counters);
    }
  }

  /**
   * Where one rule decides all frames of a port, whatever is in them, and sends them to one output,
   * nobody looks at them. That spares what costs most about a short frame in a guest's memory, the
   * wait for a line that the guest has just written.
   */
  private boolean actUnparsed(FrameBatch batch, int inPort, InputCounters counters) {
    int rule = portRules.of(inPort);
    if (rule < 0 || tracing || tap.isOn()) {
      return false;
    }
    flowRules[0] = rule;
    batch.needNoSnapshots();
    boolean acted = actTogether(batch, rule, inPort, counters);
    portRules.passed(acted ? batch.count : 0);
    return acted;
  }

  /** Whether frames of this port leave without being parsed. */
  boolean passesUnparsed(int inPort) {
    int rule = portRules.of(inPort);
    return rule >= 0 && !tap.isOn() && singleOutput(rule, inPort) != null;
  }

  PortRules portRules() {
    return portRules;
  }

  private static void dropAll(FrameBatch batch, DropReason reason) {
    for (int i = 0; i < batch.count; i++) {
      batch.dropped(i, reason.ordinal());
    }
  }

  /** Which rule decides each of the keys; a trace wants to see each step. */
  private void decide(int flows, int inPort) {
    walk.start();
    for (int flow = 0; flow < flows; flow++) {
      int rule = flowRules[flow];
      decided[flow] = tracing ? rule : walk.follow(this, flow, rule, inPort, keys);
    }
  }

  private void countPassed(FrameBatch batch, int flows) {
    if (flows == 1 && batch.shortest() >= FrameBatch.FRAME_LENGTH_MIN) {
      walk.count(program, 0, batch.count, batch.bytes(), nowNs);
      return;
    }
    for (int i = 0; i < batch.count; i++) {
      if (batch.length[i] >= FrameBatch.FRAME_LENGTH_MIN) {
        walk.count(program, keyOf[i], 1, batch.length[i], nowNs);
      }
    }
  }

  /**
   * Forgets the frames of a batch that was broken off: they must not leave with the next one, which
   * has other frames at the same indexes.
   */
  void abandonBatch(FrameBatch batch) {
    rewriter.putBack(batch);
    tap.abandon();
    for (int t = 0; t < touchedCount; t++) {
      pendingCount[touched[t]] = 0;
    }
    touchedCount = 0;
  }

  /** Sends a batch that another loop has decided. */
  void sendAll(FrameBatch batch, int port) {
    sendCopies(batch, IDENTITY, batch.count, port);
  }

  /** Sends copies, which no mirror wants. */
  void sendCopies(FrameBatch batch, int[] index, int count, int port) {
    TxQueue output = outputs[port];
    if (output != null) {
      used.transmit(MirroredOutput.behind(output), batch, index, count, false);
    }
  }

  /**
   * Sends a frame that no input has received, at most {@link HostPool#FRAME_LENGTH_MAX} bytes.
   *
   * @return why it was not sent; NONE if it was
   */
  DropReason sendOutside(byte[] frame, int port) {
    TxQueue output = outputs[port];
    if (output == null) {
      return DropReason.PORT_DOWN;
    }
    MemorySegment memory = Arena.ofAuto().allocate(HostPool.CHUNK_SIZE, AddressSpace.LINE);
    AddressSpace.copyFromArray(frame, 0, memory.address(), frame.length);
    FrameBatch batch = FrameBatch.uncounted();
    batch.add(memory.address(), frame.length, 0, OwnerIds.HANDOVER, (byte) 0);
    batch.needsNoSnapshot(0);
    tap.startOutside();
    used.transmit(output, batch, IDENTITY, 1, false);
    Reference.reachabilityFence(memory);
    boolean dropped = batch.outcome[0] == Outcome.DROPPED.ordinal();
    return dropped ? DropReason.values()[batch.dropReason[0]] : DropReason.NONE;
  }

  private void parse(FrameBatch batch, int i, int inPort, int key) {
    int offset = i * FrameBatch.HEADER_STRIDE;
    int status =
        HeaderParser.parse(
            batch.headers,
            offset,
            batch.captured(i),
            batch.length[i],
            program.vlanLimit,
            inPort,
            keys,
            key);
    if (status == HeaderParser.NEEDS_MORE) {
      batch.capture(i, FrameBatch.HEADER_STRIDE);
      HeaderParser.parse(
          batch.headers,
          offset,
          batch.captured(i),
          batch.length[i],
          program.vlanLimit,
          inPort,
          keys,
          key);
    }
  }

  private boolean isUniform(int n) {
    int first = rules[0];
    for (int i = 1; i < n; i++) {
      if (rules[i] != first) {
        return false;
      }
    }
    return true;
  }

  /** The common case: one rule with one output decides the whole batch. */
  private boolean actTogether(FrameBatch batch, int rule, int inPort, InputCounters counters) {
    if (rule == Classifier.MISS) {
      return false;
    }
    TxQueue output = singleOutput(rule, inPort);
    if (output == null || batch.shortest() < FrameBatch.FRAME_LENGTH_MIN) {
      return false;
    }
    int n = batch.count;
    program.count(rule, n, batch.bytes(), nowNs);
    counters.matched(program.single(rule), n);
    used.transmit(output, batch, IDENTITY, n, true);
    return true;
  }

  /** Where the rule sends frames of this port, if that is all it does with them. */
  private @Nullable TxQueue singleOutput(int rule, int inPort) {
    int target = program.single(rule);
    return target > 0 && target != inPort ? outputs[target] : null;
  }

  private void actEach(FrameBatch batch, int inPort, InputCounters counters) {
    rewriter.start();
    for (int i = 0; i < batch.count; i++) {
      if (batch.length[i] < FrameBatch.FRAME_LENGTH_MIN) {
        batch.dropped(i, DropReason.RUNT.ordinal());
        continue;
      }
      int rule = rules[i];
      if (rule == Classifier.MISS) {
        batch.dropped(i, DropReason.NO_RULE.ordinal());
        continue;
      }
      program.count(rule, 1, batch.length[i], nowNs);
      int target = program.single(rule);
      if (target == FlowProgram.NORMAL) {
        target = learnAndLookup(i, inPort);
      }
      if (target > 0) {
        enqueue(batch, i, target, inPort, counters);
      } else if (target == FlowProgram.DROP) {
        batch.dropped(i, DropReason.RULE.ordinal());
      } else if (target == FlowProgram.REWRITE) {
        rewriter.apply(batch, i, rule, inPort, keys, keyOf[i] * FlowKey.WORDS, counters);
      } else {
        sendPending(batch, counters); // what came first leaves first
        sendToSeveral(batch, i, program.targets(rule), inPort, counters);
      }
    }
    sendPending(batch, counters);
    tap.send();
    rewriter.putBack(batch);
  }

  /** Sends what waits, then this frame: what came first leaves first. */
  void sendNow(FrameBatch batch, int i, int port, boolean mayTake, InputCounters counters) {
    sendPending(batch, counters);
    send(batch, i, port, mayTake, counters);
  }

  /** Sends copies of the frame to all ports but the input. */
  void floodCopies(FrameBatch batch, int i, int inPort, InputCounters counters) {
    for (int port = 1; port <= OwnerIds.PORTS_MAX; port++) {
      if (isFlooded(port, inPort)) {
        sendNow(batch, i, port, false, counters);
      }
    }
  }

  void enqueue(FrameBatch batch, int i, int port, int inPort, InputCounters counters) {
    if (port == inPort) {
      batch.dropped(i, DropReason.OUTPUT_IS_INPUT.ordinal());
      return;
    }
    int[] waiting = pending[port];
    if (outputs[port] == null || waiting == null) {
      counters.matched(port, 1);
      batch.dropped(i, DropReason.PORT_DOWN.ordinal());
      return;
    }
    if (pendingCount[port] == 0) {
      touched[touchedCount++] = port;
    }
    waiting[pendingCount[port]++] = i;
  }

  private void sendPending(FrameBatch batch, InputCounters counters) {
    for (int t = 0; t < touchedCount; t++) {
      int port = touched[t];
      int count = pendingCount[port];
      pendingCount[port] = 0;
      TxQueue output = outputs[port];
      if (output != null) {
        counters.matched(port, count);
        used.transmit(output, batch, pending[port], count, true);
      }
    }
    touchedCount = 0;
  }

  /**
   * Several copies of one frame. The port whose buffer it lies in comes last, since publishing in
   * place gives the buffer away; so only the last may take it.
   */
  private void sendToSeveral(
      FrameBatch batch, int i, int[] targets, int inPort, InputCounters counters) {
    int last = 0;
    int home = OwnerIds.port(batch.owner[i]);
    for (int target : targets) {
      int port = target == FlowProgram.NORMAL ? learnAndLookup(i, inPort) : target;
      if (port == FlowProgram.DROP) {
        continue;
      }
      if (port == FlowProgram.FLOOD || port == 0) {
        last = flood(batch, i, inPort, home, last, counters);
      } else {
        last =
            copyOrKeep(
                batch,
                i,
                port == FlowProgram.IN_PORT ? inPort : port,
                home,
                last,
                counters,
                port == FlowProgram.IN_PORT ? 0 : inPort);
      }
    }
    if (last != 0) {
      send(batch, i, last, true, counters);
    }
  }

  /** All ports but the input, and but those that mirrors have for themselves. */
  private boolean isFlooded(int port, int inPort) {
    return outputs[port] != null && port != inPort && !tap.isReserved(port);
  }

  private int flood(
      FrameBatch batch, int i, int inPort, int home, int last, InputCounters counters) {
    int keep = last;
    for (int port = 1; port <= OwnerIds.PORTS_MAX; port++) {
      if (isFlooded(port, inPort)) {
        keep = copyOrKeep(batch, i, port, home, keep, counters, inPort);
      }
    }
    return keep;
  }

  /** Sends a copy to the port, or keeps it for the end and sends to the one kept before. */
  private int copyOrKeep(
      FrameBatch batch,
      int i,
      int port,
      int home,
      int kept,
      InputCounters counters,
      int forbidden) {
    if (port <= 0 || port == forbidden) {
      batch.dropped(i, DropReason.OUTPUT_IS_INPUT.ordinal());
      return kept;
    }
    if (kept == 0) {
      return port;
    }
    if (kept == home) {
      send(batch, i, port, false, counters);
      return kept;
    }
    send(batch, i, kept, false, counters);
    return port;
  }

  private void send(FrameBatch batch, int i, int port, boolean mayTake, InputCounters counters) {
    TxQueue output = outputs[port];
    counters.matched(port, 1);
    if (output == null) {
      batch.dropped(i, DropReason.PORT_DOWN.ordinal());
      return;
    }
    one[0] = i;
    used.transmit(output, batch, one, 1, mayTake);
  }

  /** One used-index store, one doorbell per output that this batch went to. */
  void flushUsed() {
    used.flush();
  }

  private int learnAndLookup(int i, int inPort) {
    int key = keyOf[i] * FlowKey.WORDS;
    return switchByMac(
        FlowKey.dlSrc(keys, key),
        FlowKey.dlDst(keys, key),
        LearningSwitch.endsInTag(keys, key),
        inPort);
  }

  /**
   * Port of the destination, FLOOD, or DROP for what no bridge forwards; learns the source on the
   * way.
   */
  int switchByMac(long source, long destination, boolean endsInTag, int inPort) {
    if (LearningSwitch.isNotForwarded(destination, endsInTag)) {
      return FlowProgram.DROP;
    }
    macs.learn(source, inPort, nowS);
    int port = macs.lookup(destination, nowS);
    return port == 0 ? FlowProgram.FLOOD : port;
  }
}
