// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.plugin;

import io.iovtee.api.DropReason;
import io.iovtee.api.FlowTable;
import io.iovtee.api.GroupTable;
import io.iovtee.api.GuestPort;
import io.iovtee.api.MirrorInfo;
import io.iovtee.api.PortInfo;
import io.iovtee.api.PuntCounters;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchListener;
import io.iovtee.api.SwitchStats;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.Section;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The switch as one plugin sees it. */
final class SwitchContextView implements SwitchContext {
  private final String plugin;
  private final VSwitch vswitch;

  SwitchContextView(String plugin, VSwitch vswitch) {
    this.plugin = plugin;
    this.vswitch = vswitch;
  }

  @Override
  public String switchName() {
    return vswitch.name();
  }

  @Override
  public Map<String, Object> config() {
    return vswitch.config().plugins().section(plugin).values();
  }

  @Override
  public FlowTable flows() {
    return vswitch.flows();
  }

  @Override
  public GroupTable groups() {
    return vswitch.groups();
  }

  @Override
  public List<PortInfo> ports() {
    return vswitch.ports();
  }

  @Override
  public List<RxQueueControl> rxQueues() {
    return vswitch.rxQueues();
  }

  @Override
  public Optional<RxQueueControl> rxQueue(String port, int queue) {
    return vswitch.rxQueues().stream()
        .filter(q -> q.port().equals(port) && q.queue() == queue)
        .findFirst();
  }

  @Override
  public Optional<GuestPort> guestPort(String port) {
    return vswitch.guestPort(port).map(guest -> guest);
  }

  @Override
  public SwitchStats stats() {
    return vswitch.stats();
  }

  @Override
  public void addPort(String name, Map<String, Object> config) {
    try {
      vswitch.addPort(name, Section.of("ports." + name, config));
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  @Override
  public boolean removePort(String name) {
    return vswitch.removePort(name);
  }

  @Override
  public List<MirrorInfo> mirrors() {
    return vswitch.mirrors();
  }

  @Override
  public void addMirror(String name, Map<String, Object> config) {
    try {
      vswitch.addMirror(name, Section.of("mirrors." + name, config));
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  @Override
  public boolean removeMirror(String name) {
    return vswitch.removeMirror(name);
  }

  @Override
  public CompletionStage<DropReason> send(String port, byte[] frame) {
    return vswitch.send(port, frame);
  }

  @Override
  public PuntCounters punts() {
    return vswitch.punts();
  }

  @Override
  public void addListener(SwitchListener listener) {
    vswitch.addListener(listener);
  }
}
