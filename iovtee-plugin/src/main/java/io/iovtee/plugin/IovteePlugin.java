// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.GuestPort;
import io.iovtee.api.PluginException;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchListener;
import io.iovtee.api.SwitchPlugin;
import io.iovtee.verticles.iovtee.MappingEngine;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.SwitchEvent;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The drop-in plugin: reads its configuration and wires the engine to the switch. */
public final class IovteePlugin implements SwitchPlugin {
  private static final Logger LOG = LoggerFactory.getLogger(IovteePlugin.class);

  private @Nullable ScheduledMappingThread thread;

  /** For the service loader. */
  public IovteePlugin() {}

  @Override
  public String name() {
    return "iovtee";
  }

  @Override
  public String version() {
    String version = IovteePlugin.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Override
  public int apiVersion() {
    return API_VERSION;
  }

  @Override
  public void start(SwitchContext context) throws PluginException {
    PluginConfig config = PluginConfig.read(context.config());
    ScheduledMappingThread mappingThread = new ScheduledMappingThread("iovtee-mapping");
    thread = mappingThread;
    QueueMappings engine =
        new QueueMappings(
            context,
            mappingThread,
            MappingTimeouts.DEFAULT,
            config.reserve(),
            new MappingPlanner(context, config.auto(), config.isolation()));
    context.addListener(new Forwarder(engine));
    for (MappingRequest request : config.mappings()) {
      engine
          .request(request)
          .whenComplete((status, failure) -> {
            if (failure != null) {
              LOG.warn("mapping of the configuration refused: {}", failure.getMessage());
            }
          });
    }
    tick(context, engine, mappingThread, config.statsIntervalMs());
  }

  private static void tick(
      SwitchContext context, MappingEngine engine, MappingThread thread, long intervalMs) {
    thread.schedule(
        () -> {
          engine.on(new SwitchEvent.StatsRead(context.stats()));
          tick(context, engine, thread, intervalMs);
        },
        intervalMs);
  }

  @Override
  public void stop() {
    ScheduledMappingThread running = thread;
    thread = null;
    if (running != null) {
      running.close();
    }
  }

  /** Passes on what the switch reports; the switch's control thread never waits for us. */
  private record Forwarder(MappingEngine engine) implements SwitchListener {
    @Override
    public void guestUp(GuestPort port) {
      engine.on(new SwitchEvent.GuestUp(port));
    }

    @Override
    public void guestDown(String port, String reason) {
      engine.on(new SwitchEvent.GuestDown(port, reason));
    }

    @Override
    public void flowsChanged(long version) {
      engine.on(new SwitchEvent.RulesChanged(version));
    }

    @Override
    public void portsChanged() {
      engine.on(new SwitchEvent.PortsChanged());
    }

    @Override
    public void lendingRevoked(RxQueueControl queue, String reason) {
      engine.on(new SwitchEvent.LendingRevoked(new QueueId(queue.port(), queue.queue()), reason));
    }
  }
}
