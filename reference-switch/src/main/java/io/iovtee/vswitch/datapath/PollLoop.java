// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.flow.classifier.ExactMatchCache;
import io.iovtee.vswitch.datapath.LoopFailure.Where;
import io.iovtee.vswitch.linux.Scheduler;
import io.iovtee.vswitch.memory.ChunkStack;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread of the data path, run to completion: poll each input, handle the batch, flush. It owns
 * its rings; everybody else speaks to it through the mailbox, of which it takes at most one command
 * per duty cycle. No lock, no allocation and no log per frame.
 */
public final class PollLoop implements Runnable, LoopBuffers {
  /** Inputs of one loop: a limit on what one duty cycle costs. */
  public static final int INPUTS_MAX = 1024;

  private final String name;
  private final int cpu;
  private final ChunkStack pool;
  private final Pipeline pipeline;
  private final Mailbox mailbox = new Mailbox();
  private final LoopClock clock = new LoopClock();
  private final IdleStrategy idle;
  private final FrameBatch batch = new FrameBatch();
  private final @Nullable BufferOwner[] owners = new BufferOwner[OwnerIds.COUNT];
  private final @Nullable BufferOwner[] rings = new BufferOwner[OwnerIds.COUNT];
  private final IntConsumer faultListener;
  private final LoopTiming timing;

  /** Guests' outputs fetch frames with it. */
  final ForeignFrames foreignFrames = new ForeignFrames(this::memoryFault);

  private LoopInput[] inputs = {};
  private TxQueue[] nicOutputs = {};
  private final LoopFailures failures = new LoopFailures();
  private volatile boolean stopping;

  private volatile @Nullable Thread thread;

  /** Null while the loop does not run. */
  private volatile @Nullable LoopSleep sleep;

  /**
   * Prepares a loop; it runs once a thread runs it.
   *
   * @param cpu the core to pin the thread to, or -1 for none
   * @param pool the loop's own chunks
   * @param faultListener told (on this loop's thread, must not block) the number of a guest port
   *     whose memory failed
   */
  public PollLoop(
      String name,
      int cpu,
      ChunkStack pool,
      FlowProgram program,
      MacTable macs,
      IntConsumer faultListener) {
    this(name, cpu, pool, program, macs, faultListener, LoopTiming.standard());
  }

  /** As above, with the test's timing. */
  PollLoop(
      String name,
      int cpu,
      ChunkStack pool,
      FlowProgram program,
      MacTable macs,
      IntConsumer faultListener,
      LoopTiming timing) {
    this.timing = timing;
    idle = timing.idle();
    this.name = name;
    this.cpu = cpu;
    this.pool = pool;
    this.faultListener = faultListener;
    pipeline = new Pipeline(program, macs);
    pipeline.used().onFailure((e, port) -> outputFailed(port, e));
  }

  public String name() {
    return name;
  }

  public int cpu() {
    return cpu;
  }

  public LoopClock clock() {
    return clock;
  }

  ChunkStack pool() {
    return pool;
  }

  /** What this loop's inputs wait for lots by: {@link System#nanoTime}, or a test's. */
  LongSupplier clockNs() {
    return timing.clockNs();
  }

  /** What a trace of a frame with this key must know of the loop. Any thread. */
  public CompletableFuture<LoopView> view(long[] key) {
    return execute(() ->
        new LoopView(
            name,
            pipeline.cache().contains(key, 0),
            pipeline.portsUp(),
            clock.nowS(),
            pipeline.tap().table()));
  }

  /**
   * What would become of a frame that comes by one of this loop's inputs. Any thread.
   *
   * @param buffer where the input's next frame lies; asked on this loop's thread
   * @return empty if there is no buffer
   */
  CompletableFuture<Optional<Fate>> foresee(
      FrameTrace trace, byte[] frame, int inPort, Supplier<@Nullable NextBuffer> buffer) {
    return execute(() -> {
      NextBuffer next = buffer.get();
      return next == null
          ? Optional.empty()
          : Optional.of(trace.arrive(frame, inPort, next, pipeline::output));
    });
  }

  /** What this loop's port makes of a frame that another loop hands over. Any thread. */
  public CompletableFuture<Foreseen> foreseeHandedOver(FrameTrace trace, byte[] frame, int port) {
    return execute(() -> trace.handedOver(frame, pipeline.output(port)));
  }

  /** How frames were decided so far. Any thread. */
  public LookupCounts lookups() {
    ExactMatchCache cache = pipeline.cache();
    return new LookupCounts(cache.hits(), cache.misses(), pipeline.portRules().unparsed());
  }

  /**
   * Buffers that somebody lent and that could not be given back to it, because it failed. They are
   * whole again when its ring starts anew.
   */
  public long lostBuffers() {
    return failures.lostBuffers();
  }

  /** The loop's thread, once it runs. */
  public @Nullable Thread thread() {
    return thread;
  }

  /** Runs the command on the loop's thread, between two duty cycles. Any thread. */
  public <T> CompletableFuture<T> execute(Supplier<T> command) {
    CompletableFuture<T> answer = mailbox.submit(command);
    wake();
    return answer;
  }

  /** Runs the command on the loop's thread, between two duty cycles. Any thread. */
  public CompletableFuture<Void> execute(Runnable command) {
    return execute(() -> {
      command.run();
      return null;
    });
  }

  /** Wakes the loop if it sleeps, see {@link LoopSleep#wake}. Any thread. */
  void wake() {
    LoopSleep now = sleep;
    if (now != null) {
      now.wake();
    }
  }

  /** Asks the loop to end; join its thread to know that it has. */
  public void stop() {
    stopping = true;
    wake();
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    if (cpu >= 0) {
      BitSet one = new BitSet();
      one.set(cpu);
      Scheduler.setAffinity(one);
    }
    clock.start();
    try (LoopSleep own = new LoopSleep(timing.sleepMaxNs())) {
      sleep = own;
      turn(own);
      sleep = null;
    }
    mailbox.close();
  }

  private void turn(LoopSleep bed) {
    while (!stopping) {
      int commands = mailbox.runOne();
      int work = pollAll();
      clock.tick(work + commands > 0);
      long pauseNs = idle.pauseNs(work, commands);
      if (pauseNs > 0) {
        sleep(bed, pauseNs);
      } else if (idle.pause(pauseNs)) {
        clock.rested();
      }
    }
  }

  /**
   * One sleep: whoever may bring work is asked to wake this thread, and no longer asked after. If
   * that fails the loop naps without being woken, and goes on.
   */
  private void sleep(LoopSleep bed, long napNs) {
    try {
      armAll(bed, napNs);
      bed.await();
    } catch (RuntimeException e) {
      failures.note(Where.SLEEP, 0, e);
      LockSupport.parkNanos(napNs);
    } finally {
      bed.end();
    }
    for (LoopInput entry : inputs) {
      disarmOrBlame(entry);
    }
    clock.slept();
    pipeline.setNow(clock.nowS(), clock.nowNs());
  }

  private void armAll(LoopSleep bed, long napNs) {
    bed.begin(napNs, inputs.length * FrameInput.DESCRIPTORS_MAX);
    for (LoopInput entry : inputs) {
      armOrBlame(entry, bed);
    }
    for (TxQueue output : nicOutputs) {
      if (output.awaitsCompletion()) {
        bed.nap();
      }
    }
    if (mailbox.hasCommands() || stopping) {
      bed.stayAwake();
    }
  }

  private void armOrBlame(LoopInput entry, LoopSleep bed) {
    try {
      armGuarded(entry, bed);
    } catch (InternalError e) {
      bed.stayAwake();
      memoryFault(entry.blame());
    } catch (RuntimeException e) {
      bed.nap();
      failed(entry, e);
    }
  }

  private void disarmOrBlame(LoopInput entry) {
    try {
      disarmGuarded(entry);
    } catch (InternalError e) {
      memoryFault(entry.blame());
    } catch (RuntimeException e) {
      failed(entry, e);
    }
  }

  /** One duty cycle; returns the work done. Tests call it by hand. */
  public int doWork() {
    return mailbox.runOne() + pollAll();
  }

  private int pollAll() {
    int work = 0;
    for (LoopInput input : inputs) {
      work += handleOrRemove(input);
    }
    for (TxQueue output : nicOutputs) {
      work += flushOrNote(output);
    }
    pipeline.setNow(clock.nowS(), clock.nowNs());
    return work;
  }

  private int flushOrNote(TxQueue output) {
    try {
      int work = output.flush();
      clock.emulation(output.emulationNs());
      return work;
    } catch (RuntimeException e) {
      outputFailed(pipeline.used().portOf(output), e);
      return 0;
    }
  }

  /** An output that fails is tried again with the next frames: frames may be lost, no loop. */
  private void outputFailed(int port, RuntimeException e) {
    failures.note(Where.OUTPUT, port, e);
  }

  /**
   * An input whose code fails (a plugin's source may) does not end the loop. A load from memory
   * that a guest takes away can fail as an index out of bounds, too, so one failure is not yet a
   * defect; one that fails again and again is given up, see {@link LoopInput#giveUp}.
   */
  private int handleOrRemove(LoopInput entry) {
    try {
      return handle(entry);
    } catch (RuntimeException e) {
      failed(entry, e);
      return 1;
    }
  }

  private void failed(LoopInput entry, RuntimeException e) {
    failures.note(Where.INPUT, entry.port, e);
    if (++entry.failures < LoopInput.FAILURES_MAX) {
      return;
    }
    entry.failures = 0;
    switch (entry.giveUp(this)) {
      case GOES_ON -> {}
      case LEAVES -> removeInput(entry);
      case ENDS_GUEST -> memoryFault(entry.port);
    }
  }

  /** What failed first since the last call, for the log; null if nothing did. Any one thread. */
  public @Nullable LoopFailure takeFailure() {
    return failures.take();
  }

  private int handle(LoopInput entry) {
    FrameBatch frames = batch;
    frames.clear();
    frames.counters = entry.counters;
    try {
      pollGuarded(entry, frames);
    } catch (InternalError e) {
      memoryFault(entry.blame());
      dropUnreadable(entry, frames);
    } catch (RuntimeException e) {
      return breakOff(entry, frames, e);
    }
    if (frames.count == 0) {
      return 0;
    }
    try {
      processGuarded(entry, frames);
    } catch (InternalError e) {
      faultInPipeline(frames);
    } catch (RuntimeException e) {
      pipeline.abandonBatch(frames);
      return breakOff(entry, frames, e);
    }
    return finish(entry, frames);
  }

  /** Frames that nobody got by now count as dropped; all buffers go back to their owners. */
  private int breakOff(LoopInput entry, FrameBatch frames, RuntimeException e) {
    frames.dropUndropped(DropReason.INTERNAL_ERROR.ordinal());
    int work = frames.count == 0 ? 1 : finish(entry, frames);
    failed(entry, e);
    return work;
  }

  private int finish(LoopInput entry, FrameBatch frames) {
    int work = frames.count;
    entry.counters.count(frames);
    if (!frames.isAllTaken()) {
      releaseChunks(frames);
    }
    try {
      releaseGuarded(entry, frames);
    } catch (InternalError e) {
      memoryFault(entry.blame());
    }
    pipeline.flushUsed();
    return work;
  }

  /**
   * What a guest sent and its memory failed under the copy: some chunk of the batch still holds
   * what was in it before, which may be another guest's. None of it leaves.
   */
  private void dropUnreadable(LoopInput entry, FrameBatch frames) {
    if (entry.input instanceof GuestInput && frames.count > 0) {
      for (int i = 0; i < frames.count; i++) {
        frames.dropped(i, DropReason.MEMORY_FAULT.ordinal());
      }
      finish(entry, frames);
      frames.clear();
    }
  }

  // The guarded steps are never inlined (conf/jvm.options): compiled code reports a page
  // fault in guest memory only at the next safepoint poll, which is at their return at the latest,
  // so that the fault is caught here and blamed on the port whose step it was.

  private void pollGuarded(LoopInput entry, FrameBatch frames) {
    entry.input.poll(frames);
    clock.emulation(entry.emulationNs());
  }

  private void processGuarded(LoopInput entry, FrameBatch frames) {
    if (entry.isHandover()) {
      pipeline.sendAll(frames, entry.port);
    } else {
      pipeline.process(frames, entry.port, entry.counters);
    }
  }

  private void releaseGuarded(LoopInput entry, FrameBatch frames) {
    if (!frames.isAllTaken()) {
      returnLent(frames);
    }
    entry.flush(frames);
  }

  private void armGuarded(LoopInput entry, LoopSleep bed) {
    entry.input.arm(bed);
  }

  private void disarmGuarded(LoopInput entry) {
    entry.input.disarm();
  }

  /** A snapshot of a frame failed: one guest lends to a batch, see {@link NicInput#lendFrom}. */
  private void faultInPipeline(FrameBatch frames) {
    pipeline.abandonBatch(frames);
    int lender = 0;
    for (int i = 0; i < frames.count; i++) {
      lender = Math.max(lender, OwnerIds.port(frames.owner[i]));
      frames.dropped(i, DropReason.MEMORY_FAULT.ordinal());
    }
    memoryFault(lender);
  }

  /** Takes the guest off this loop at once and reports it; its session ends it for good. */
  void memoryFault(int port) {
    if (port != 0) {
      pipeline.setOutput(port, null);
      for (LoopInput input : inputs) {
        input.abandonGuest(port);
      }
      faultListener.accept(port);
    }
  }

  /** First, since it touches no guest's memory: a guest that fails costs the pool no chunk. */
  private void releaseChunks(FrameBatch frames) {
    for (int i = 0, end; i < frames.count; i = end) {
      end = frames.releaseEnd(i);
      if (!frames.taken[i] && frames.owner[i] == FrameBatch.HOST_POOL) {
        pool.give(frames.token, i, end);
      }
    }
  }

  private void returnLent(FrameBatch frames) {
    for (int i = 0, end; i < frames.count; i = end) {
      end = frames.releaseEnd(i);
      int owner = frames.owner[i];
      BufferOwner lender = owners[owner];
      if (!frames.taken[i] && owner != FrameBatch.HOST_POOL && lender != null) {
        returnOrBlame(lender, owner, frames, i, end);
      }
    }
  }

  /** A lender that fails (a plugin's source may) is blamed itself, not whose frames these are. */
  private void returnOrBlame(BufferOwner lender, int owner, FrameBatch frames, int from, int to) {
    try {
      lender.giveBack(frames.token, frames.length, from, to);
    } catch (RuntimeException e) {
      failures.note(Where.GIVE_BACK, OwnerIds.port(owner), e);
      failures.lost(to - from);
      for (LoopInput input : inputs) {
        if (input.input instanceof NicInput nic && nic.isLending() && nic.lender() == owner) {
          failed(input, e);
        }
      }
    }
  }

  @Override
  public int takeChunk() {
    return pool.take();
  }

  @Override
  public long frameAddress(int chunk) {
    return pool.frameAddress(chunk);
  }

  @Override
  public void giveBack(int owner, int token) {
    BufferOwner lender = owners[owner];
    if (owner == FrameBatch.HOST_POOL) {
      pool.give(token);
    } else if (lender != null) {
      lender.giveBack(token, 0);
    }
  }

  // What follows runs as mailbox commands, on the loop's thread.

  /** Swaps the rules. */
  public void setProgram(FlowProgram program) {
    pipeline.setProgram(program);
  }

  /** Swaps the switch's mirrors. */
  public void setMirrors(MirrorTable mirrors) {
    pipeline.setMirrors(mirrors);
  }

  /** Where rules hand frames over to the API from now on. */
  public void setPunts(@Nullable PuntQueue queue) {
    pipeline.setPunts(queue);
  }

  /** What was copied for a mirror, or for rules ({@link MirrorTable#MIRRORS_MAX}). Any thread. */
  public MirrorCounts mirrored(int mirror) {
    return pipeline.tap().counts(mirror);
  }

  /**
   * Sends a frame out of a port.
   *
   * @return why it was not; NONE if it left, or another loop has it that serves the port
   */
  public DropReason send(byte[] frame, int port) {
    DropReason result = pipeline.sendOutside(frame, port);
    pipeline.flushUsed();
    return result;
  }

  public FlowProgram program() {
    return pipeline.program();
  }

  /** A guest's virtqueue appears (with its own give-back) or goes (null). */
  void setOwner(int owner, @Nullable BufferOwner ring) {
    owners[owner] = ring;
    rings[owner] = ring;
  }

  /** A source lends from the ring: what comes back goes to the source. */
  void lenderSet(int owner, BufferOwner source) {
    owners[owner] = source;
  }

  /** The source is gone: what comes back goes to the ring itself. */
  void lenderGone(int owner) {
    owners[owner] = rings[owner];
  }

  void setOutput(int port, @Nullable TxQueue output) {
    pipeline.setOutput(port, output);
  }

  void addNicOutput(TxQueue output) {
    nicOutputs = Rows.append(nicOutputs, output);
  }

  void removeNicOutput(TxQueue output) {
    nicOutputs = Rows.without(nicOutputs, output);
  }

  void addInput(LoopInput input) {
    if (inputs.length == INPUTS_MAX) {
      throw new IllegalStateException(
          "loop " + name + " already polls " + INPUTS_MAX + " queues; configure another loop");
    }
    input.failures = 0;
    inputs = Rows.append(inputs, input);
  }

  void removeInput(LoopInput input) {
    inputs = Rows.without(inputs, input);
  }
}
