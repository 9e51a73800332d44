// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchListener;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.bus.Refusal;
import io.iovtee.verticles.iovtee.MappingCommand;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.stats.StatsReport;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the member its threads: one that does everything and may wait for the network, and one that
 * joins, which takes seconds. The event loop only passes questions on.
 */
public final class ClusterVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterVerticle.class);

  /** Between two looks at everything; news come at once. */
  private static final long TICK_MS = 500;

  /** Before it is tried again to join, as when somebody has the port. */
  private static final long REJOIN_MS = 2_000;

  private final SwitchContext context;
  private final ClusterConfig config;
  private final String version;
  private final Function<Runnable, Meeting> joining;
  private final ClusterTable table;
  private final ScheduledExecutorService thread;
  private final AtomicBoolean tickIsDue = new AtomicBoolean();
  private final long startedMs = System.currentTimeMillis();
  private volatile String http = "";
  private volatile MemberStatus.Switched switched = MemberStatus.Switched.NOTHING;
  private volatile boolean ends;
  private @Nullable ClusterMember member;

  /** Of the cluster's thread. */
  private @Nullable Meeting meeting;

  private boolean joins;

  /** What was logged last, of the joining thread. */
  private volatile String whyNotJoined = "";

  /**
   * A member of a cluster on Hazelcast, of which nothing is loaded before it starts.
   *
   * @param version of the plugin, for people
   */
  public ClusterVerticle(SwitchContext context, ClusterConfig config, String version) {
    this(context, config, version, onChange -> HazelcastMeeting.join(config, onChange));
  }

  /** With a meeting of the test's. */
  ClusterVerticle(
      SwitchContext context,
      ClusterConfig config,
      String version,
      Function<Runnable, Meeting> joining) {
    this.context = context;
    this.config = config;
    this.version = version;
    this.joining = joining;
    table = new ClusterTable(context);
    thread =
        Executors.newSingleThreadScheduledExecutor(task -> {
          Thread made = new Thread(task, "iovtee-cluster");
          made.setDaemon(true);
          made.setContextClassLoader(ClusterVerticle.class.getClassLoader());
          return made;
        });
  }

  /** Where the HTTP API listens, for the others: scheme, host and port. */
  public void listensAt(String address) {
    http = fromElsewhere(address, config.listen().ip());
  }

  /** All of a machine's addresses are no address to go to: then the one that members know. */
  static String fromElsewhere(String address, String memberIp) {
    String host = memberIp.contains(":") ? "[" + memberIp + "]" : memberIp;
    return address.replaceFirst("//(0\\.0\\.0\\.0|\\[::])(:\\d+)$", "//" + host + "$2");
  }

  @Override
  public Future<?> start() {
    LocalBus bus = new LocalBus(vertx);
    ClusterMember made =
        new ClusterMember(config, table, event -> bus.publish(Addresses.CLUSTER_EVENTS, event));
    member = made;
    bus.answer(Addresses.CLUSTER_COMMANDS, this::carryOut, ClusterVerticle::refusalOf);
    bus.listen(Addresses.STATS_EVENTS, (StatsReport report) -> onStats(bus, report));
    context.addListener(new Listener(made));
    thread.execute(made::load);
    var unused = thread.scheduleWithFixedDelay(() -> tick(made), 0, TICK_MS, TimeUnit.MILLISECONDS);
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    ends = true;
    return vertx.executeBlocking(
        () -> {
          thread.execute(this::leave);
          thread.shutdown();
          return thread.awaitTermination(2, TimeUnit.SECONDS);
        },
        false);
  }

  private void leave() {
    Meeting last = meeting;
    meeting = null;
    if (last != null) {
      last.close();
    }
  }

  /** Everything that happens, happens here; what fails is tried again with the next. */
  private void tick(ClusterMember running) {
    tickIsDue.set(false);
    try {
      Meeting now = meeting;
      if (now != null && !now.isRunning()) {
        LOG.warn("cluster {}: this member was put out, it joins again", config.name());
        running.meet(null);
        leave();
      }
      if (meeting == null && !joins && !ends) {
        joins = true;
        Thread joiner = new Thread(() -> join(running), "iovtee-cluster-join");
        joiner.setDaemon(true);
        joiner.setContextClassLoader(ClusterVerticle.class.getClassLoader());
        joiner.start();
      }
      running.tick(own());
    } catch (RuntimeException e) {
      LOG.error("cluster {}: a defect", config.name(), e);
    }
  }

  /** On a thread of its own: the cluster's thread goes on meanwhile. */
  private void join(ClusterMember running) {
    try {
      Meeting joined = joining.apply(this::soon);
      onThread(() -> {
        joins = false;
        meeting = joined;
        running.meet(joined);
        running.tick(own());
      });
      if (ends) {
        joined.close();
      }
    } catch (RuntimeException | LinkageError e) {
      String why = "can not join at %s, tried again: %s".formatted(config.listen(), e.getMessage());
      onThread(() -> running.failedToMeet(why));
      if (!why.equals(whyNotJoined)) {
        LOG.error("cluster {}: {}", config.name(), why);
      }
      whyNotJoined = why;
      sleep();
      onThread(() -> joins = false);
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(REJOIN_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private MemberStatus own() {
    return new MemberStatus(
        http, version, startedMs, switched, "", MemberStatus.Applied.NOTHING, "");
  }

  /** Several news are one tick; any thread. */
  private void soon() {
    ClusterMember running = member;
    if (running != null && tickIsDue.compareAndSet(false, true)) {
      onThread(() -> tick(running));
    }
  }

  private void onThread(Runnable work) {
    try {
      thread.execute(work);
    } catch (RejectedExecutionException e) {
      LOG.debug("the cluster ends", e);
    }
  }

  private void onStats(LocalBus bus, StatsReport report) {
    bus.<List<MappingStatus>>request(Addresses.MAPPING_COMMANDS, new MappingCommand.ListAll())
        .map(List::size)
        .otherwise(0)
        .onSuccess(mappings -> switched = switched(report, mappings));
  }

  private MemberStatus.Switched switched(StatsReport report, int mappings) {
    List<PortInfo> ports = context.ports();
    return new MemberStatus.Switched(
        ports.size(),
        (int) ports.stream().filter(PortInfo::linkUp).count(),
        report.stats().loops().size(),
        mappings,
        report.inputRates().values().stream().mapToDouble(StatsReport.InputRate::frames).sum(),
        report.outputRates().values().stream().mapToDouble(StatsReport.OutputRate::frames).sum());
  }

  private Future<Object> carryOut(ClusterCommand command) {
    ClusterMember running = member;
    if (running == null) {
      return Future.failedFuture(new IllegalStateException("not started"));
    }
    return switch (command) {
      case ClusterCommand.Look() -> Future.succeededFuture(running.view());
      case ClusterCommand.Change(var mods, long expected) ->
          asked(() -> running.write(rules -> DesiredRules.edit(rules, mods), expected));
      case ClusterCommand.Replace(var next, long expected) ->
          asked(() -> running.write(rules -> DesiredRules.replacement(next), expected));
    };
  }

  private Future<Object> asked(Supplier<ClusterCommand.Changed> work) {
    return Future.fromCompletionStage(CompletableFuture.supplyAsync(work, thread), super.context)
        .map(done -> (Object) done)
        .recover(failure -> Future.failedFuture(cause(failure)));
  }

  private static Refusal refusalOf(Throwable failure) {
    return switch (failure) {
      case ClusterRefusedException refused -> refused.refusal();
      case IllegalArgumentException _ -> Refusal.INVALID;
      default -> Refusal.FAILED;
    };
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  /** The switch's control thread calls here, and never waits. */
  private final class Listener implements SwitchListener {
    private final ClusterMember running;

    Listener(ClusterMember running) {
      this.running = running;
    }

    @Override
    public void flowsChanging(List<RuleDelta> changes) {
      if (table.concerns(changes)) {
        changed();
      }
    }

    @Override
    public void flowsChanged(long now) {
      if (table.hasLeftOut()) {
        running.tableChanged(); // a group may be there now: with the next tick
      }
    }

    @Override
    public void portsChanged() {
      changed();
    }

    private void changed() {
      if (!ends) {
        running.tableChanged();
        soon();
      }
    }
  }
}
