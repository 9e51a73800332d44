// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.vswitch.datapath.GuestBinding;
import io.iovtee.vswitch.datapath.PollLoop;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.vhost.BackendTimeoutException;
import io.iovtee.vswitch.vhost.GuestPortBackend;
import io.iovtee.vswitch.vhost.SessionControl;
import io.iovtee.vswitch.vhost.SessionInfo;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A vhost-user port at work: what its session asks, it carries out on the poll loop that owns the
 * guest's rings and, where NIC queues are concerned, on the control thread.
 *
 * <p>The order that keeps memory safe: first no queue lends from the guest and no NIC can reach its
 * memory (control thread), then no loop uses its rings (mailbox, acknowledged), then the session
 * may unmap.
 */
final class GuestSwitchPort implements SwitchPort, GuestPortBackend {
  private final String name;
  private final int number;
  private final GuestBinding binding;
  private final Runnable disconnectLoops;
  private final VSwitch vswitch;
  private final boolean[] started;
  private final boolean[] enabled;
  private final VirtqueueSetup[] setups;

  private AutoCloseable listener = () -> {};
  private volatile @Nullable SessionControl session;
  private volatile SessionInfo info;
  private volatile @Nullable GuestHandle handle;
  private @Nullable GuestMemory memory;
  private final boolean[] reportedBroken;

  GuestSwitchPort(
      String name,
      int number,
      GuestBinding binding,
      Runnable disconnectLoops,
      VSwitch vswitch,
      SessionInfo unconnected) {
    this.name = name;
    this.number = number;
    this.binding = binding;
    this.disconnectLoops = disconnectLoops;
    this.vswitch = vswitch;
    info = unconnected;
    int vrings = 2 * binding.queuePairs();
    started = new boolean[vrings];
    enabled = new boolean[vrings];
    setups = new VirtqueueSetup[vrings];
    reportedBroken = new boolean[vrings];
  }

  /** The listener or connector to close with the port. */
  void servedBy(AutoCloseable server) {
    listener = server;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int number() {
    return number;
  }

  /** Where its front-end connects, or listens. */
  Path socket() {
    return Path.of(info.socketPath());
  }

  GuestBinding binding() {
    return binding;
  }

  @Override
  public PollLoop loop() {
    return binding.loop();
  }

  /** What plugins hold, while the guest's receive side works. */
  Optional<GuestHandle> handle() {
    return Optional.ofNullable(handle);
  }

  // --- the session's side: session thread ---

  @Override
  public int queuePairsMax() {
    return binding.queuePairs();
  }

  @Override
  public HostPool hostPool() {
    return vswitch.pool();
  }

  @Override
  public long memoryMax() {
    return vswitch.guestMemoryMax();
  }

  @Override
  public void connected(SessionControl control, SessionInfo first) {
    session = control;
    infoChanged(first);
  }

  @Override
  public void infoChanged(SessionInfo next) {
    info = next;
    vswitch.portsChanged();
  }

  @Override
  public void memoryChanged(GuestMemory next, List<RunningRing> running) {
    guestDown("the guest's memory table changed");
    int[] vrings = running.stream().mapToInt(RunningRing::vring).toArray();
    List<VirtqueueSetup> moved = running.stream().map(RunningRing::setup).toList();
    await(binding.moveRings(vrings, moved));
    for (RunningRing ring : running) {
      setups[ring.vring()] = ring.setup();
    }
    memory = next;
    guestUpIfReady();
  }

  @Override
  public void ringStarted(
      int vring,
      VirtqueueSetup setup,
      boolean isEnabled,
      @Nullable EventFd call,
      @Nullable EventFd kick) {
    // Before the wait: a loop that answers late starts the ring all the same, and the end of the
    // session must then stop it before anything is unmapped.
    started[vring] = true;
    await(binding.startRing(vring, setup, isEnabled, call, kick));
    enabled[vring] = isEnabled;
    setups[vring] = setup;
    reportedBroken[vring] = false;
    guestUpIfReady();
  }

  @Override
  public int ringStopped(int vring) {
    if ((vring & 1) == 0) {
      guestDown("the guest stopped its ring " + vring);
    }
    enabled[vring] = false;
    int base = await(binding.stopRing(vring));
    started[vring] = false; // only now: without the acknowledgement the ring may still be used
    guestUpIfReady(); // other receive rings may still run
    return base;
  }

  @Override
  public void ringEnabled(int vring, boolean isEnabled) {
    if ((vring & 1) == 0 && !isEnabled) {
      guestDown("the guest disabled its ring " + vring);
    }
    await(binding.enableRing(vring, isEnabled));
    enabled[vring] = isEnabled;
    guestUpIfReady();
  }

  @Override
  public void callChanged(int vring, @Nullable EventFd call) {
    await(binding.setCall(vring, call));
  }

  @Override
  public void disconnected(String reason) {
    guestDown(reason);
    for (int vring = 0; vring < started.length; vring++) {
      if (started[vring]) {
        enabled[vring] = false;
        await(binding.stopRing(vring));
        started[vring] = false;
      }
    }
    memory = null;
    session = null;
    vswitch.forgetMacs(number);
  }

  /** An acknowledgement, or the news that it did not come. */
  private <T> T await(CompletableFuture<T> acknowledgement) {
    return await("poll loop " + binding.loop().name(), acknowledgement);
  }

  private <T> T await(String who, CompletableFuture<T> acknowledgement) {
    try {
      return acknowledgement.get(ACKNOWLEDGE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new BackendTimeoutException(
          "%s did not acknowledge within %d ms, port=%s"
              .formatted(who, ACKNOWLEDGE_TIMEOUT_MS, name));
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackendTimeoutException("interrupted while waiting for " + who + ", port=" + name);
    }
  }

  /** Ends every lending from this guest and takes its memory out of every queue's reach. */
  private void guestDown(String reason) {
    GuestHandle current = handle;
    if (current != null) {
      current.down();
      await("the control thread", vswitch.revoke(current, reason));
      handle = null;
    }
  }

  private void guestUpIfReady() {
    GuestMemory mapped = memory;
    if (handle != null || mapped == null) {
      return;
    }
    int pairs = 0;
    while (pairs < binding.queuePairs() && started[2 * pairs] && enabled[2 * pairs]) {
      pairs++;
    }
    if (pairs > 0) {
      VirtqueueSetup first = setups[0];
      GuestHandle next =
          new GuestHandle(
              name,
              binding,
              mapped,
              pairs,
              first.size(),
              first.has(io.iovtee.vswitch.virtio.VirtioFeature.IN_ORDER));
      handle = next;
      vswitch.guestUp(next);
    }
  }

  // --- the switch's side ---

  /** The guest's memory failed under a poll loop's hands: its session must end. Any thread. */
  void memoryFault() {
    SessionControl control = session;
    if (control != null) {
      control.disconnect(
          "the guest's memory is gone, its file was truncated or punched; or the switch failed at"
              + " its rings, of which the log then has an error");
    }
  }

  /** Tells the session of rings that the guest broke since the last look. Control thread. */
  void reportBrokenRings() {
    SessionControl control = session;
    if (control == null) {
      return;
    }
    List<String> faults = binding.faults();
    for (int vring = 0; vring < faults.size(); vring++) {
      String fault = faults.get(vring);
      if (!fault.isEmpty() && !reportedBroken[vring]) {
        reportedBroken[vring] = true;
        control.ringBroken(vring, fault);
      }
    }
  }

  @Override
  public PortInfo info() {
    SessionInfo now = info;
    int running = now.ringsStarted();
    boolean up = now.connected() && running > 0;
    String reason =
        up
            ? "vhost-user, " + running + " rings run" + and(now.reason())
            : now.connected() ? "connected, no ring runs yet" : now.reason();
    return new PortInfo(
        name, number, "vhost-user", up, reason, binding.queuePairs(), false, details(now));
  }

  private static String and(String hint) {
    return hint.isEmpty() ? "" : "; " + hint;
  }

  private static Map<String, Object> details(SessionInfo info) {
    List<Object> regions = new ArrayList<>();
    info.regions()
        .forEach(r ->
            regions.add(
                Map.of(
                    "guestAddress", "0x" + Long.toHexString(r.guestAddress()),
                    "sizeBytes", r.size(),
                    "mmapOffset", r.mmapOffset())));
    List<Object> vrings = new ArrayList<>();
    info.vrings()
        .forEach(v ->
            vrings.add(
                Map.of(
                    "index", v.index(),
                    "size", v.size(),
                    "started", v.started(),
                    "enabled", v.enabled(),
                    "kick", v.kick(),
                    "call", v.call(),
                    "broken", v.broken())));
    return Map.of(
        "socket", info.socketPath(),
        "role", info.role().name().toLowerCase(java.util.Locale.ROOT),
        "connected", info.connected(),
        "features", info.featureNames(),
        "protocolFeatures", info.protocolFeatureNames(),
        "regions", regions,
        "vrings", vrings);
  }

  /** Connected, its memory mapped, its first receive ring running and enabled. */
  @Override
  public boolean isLive() {
    GuestHandle current = handle;
    return current != null && current.isUp();
  }

  @Override
  public List<InputStats> inputStats(PortNumbers names) {
    List<InputStats> stats = new ArrayList<>();
    for (int pair = 0; pair < binding.queuePairs(); pair++) {
      stats.add(
          CounterReader.input(name, pair, true, binding.inputCounters(pair), names, Map.of()));
    }
    return stats;
  }

  @Override
  public OutputStats outputStats() {
    var counters = binding.outputCounters();
    return new OutputStats(name, counters.frames(), counters.bytes(), counters.dropped());
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (Exception e) {
      throw new IllegalStateException("port " + name + " could not be closed", e);
    }
    disconnectLoops.run();
  }
}
