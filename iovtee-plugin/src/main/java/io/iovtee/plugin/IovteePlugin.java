// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.PluginException;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchPlugin;
import io.iovtee.verticles.ControlPlane;
import io.iovtee.verticles.access.CredentialException;
import io.iovtee.verticles.access.Credentials;
import io.iovtee.verticles.http.HttpApiVerticle;
import io.iovtee.verticles.iovtee.MappingRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The drop-in plugin: reads its configuration and wires the engine to the switch. */
public final class IovteePlugin implements SwitchPlugin {
  private static final Logger LOG = LoggerFactory.getLogger(IovteePlugin.class);

  private @Nullable ScheduledMappingThread thread;
  private @Nullable ControlPlane controlPlane;

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
    PluginConfig config = PluginConfig.read(context.config(), context.switchName());
    Thread caller = Thread.currentThread();
    ClassLoader callersLoader = caller.getContextClassLoader();
    // Vert.x, Netty and Jackson find their services, and their threads inherit it, by this loader.
    caller.setContextClassLoader(IovteePlugin.class.getClassLoader());
    try {
      start(context, config, Credentials.open(config.http()));
    } catch (CredentialException e) {
      throw PluginException.at("http." + e.key(), String.valueOf(e.getMessage()));
    } catch (ControlPlane.StartException e) {
      stop();
      throw new PluginException(
          "the HTTP API can not listen on "
              + config.http().host()
              + ":"
              + config.http().port()
              + ": "
              + e.getMessage()
              + "; set plugins.iovtee.http.port to a free port, or to 0 for any",
          e);
    } finally {
      caller.setContextClassLoader(callersLoader);
    }
  }

  private void start(SwitchContext context, PluginConfig config, Credentials credentials)
      throws ControlPlane.StartException {
    ScheduledMappingThread mappingThread = new ScheduledMappingThread("iovtee-mapping");
    thread = mappingThread;
    QueueMappings engine =
        new QueueMappings(
            context,
            mappingThread,
            MappingTimeouts.DEFAULT,
            config.reserve(),
            config.limits(),
            new MappingPlanner(context, config.auto(), config.isolation()));
    ControlPlane started =
        ControlPlane.start(
            context,
            engine,
            new HttpApiVerticle.Settings(
                credentials, config.isolation(), config.statsIntervalMs(), version()),
            config.cluster());
    controlPlane = started;
    context.addListener(engine.rulesListener());
    context.addListener(started.listener());
    for (MappingRequest request : config.mappings()) {
      engine
          .request(request)
          .whenComplete((status, failure) -> {
            if (failure != null) {
              LOG.warn("mapping of the configuration refused: {}", failure.getMessage());
            }
          });
    }
  }

  /** The port that the HTTP API listens on; 0 when it does not. */
  public int httpPort() {
    ControlPlane running = controlPlane;
    return running == null ? 0 : running.httpPort();
  }

  @Override
  public void stop() {
    ScheduledMappingThread mappingThread = thread;
    thread = null;
    if (mappingThread != null) {
      mappingThread.close();
    }
    ControlPlane running = controlPlane;
    controlPlane = null;
    if (running != null) {
      running.close();
    }
  }
}
