// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.Section;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a mirror, named as in OVS's Mirror table (ovs-vswitchd.conf.db(5)).
 *
 * @param all every port is selected, both ways
 * @param srcPorts ports whose received frames are copied
 * @param dstPorts ports for which frames are copied that are sent to them
 * @param output the port that gets the copies; empty: a port of type pcap with the mirror's name
 * @param pcap the keys of that port; null otherwise
 */
record MirrorConfig(
    boolean all,
    List<String> srcPorts,
    List<String> dstPorts,
    String output,
    @Nullable Section pcap) {

  static MirrorConfig of(Section keys) {
    keys.allow(
        "select-all",
        "select-src-port",
        "select-dst-port",
        "output-port",
        "pcap",
        "max-mib",
        "files");
    MirrorConfig config =
        new MirrorConfig(
            keys.flag("select-all", false),
            keys.words("select-src-port"),
            keys.words("select-dst-port"),
            keys.text("output-port", ""),
            pcap(keys));
    if (config.output.isEmpty() == (config.pcap == null)) {
      throw keys.error("", "needs either output-port or pcap");
    }
    if (config.pcap == null && (keys.has("max-mib") || keys.has("files"))) {
      throw keys.error("", "max-mib and files go with pcap");
    }
    if (!config.all && config.srcPorts.isEmpty() && config.dstPorts.isEmpty()) {
      throw keys.error("", "needs select-all, select-src-port or select-dst-port");
    }
    if (config.srcPorts.contains(config.output) || config.dstPorts.contains(config.output)) {
      throw keys.error("output-port", "is also selected: " + config.output);
    }
    return config;
  }

  private static @Nullable Section pcap(Section keys) {
    if (!keys.has("pcap")) {
      return null;
    }
    Map<String, Object> port = new LinkedHashMap<>();
    port.put("type", "pcap");
    port.put("file", keys.text("pcap"));
    for (String limit : List.of("max-mib", "files")) {
      if (keys.has(limit)) {
        port.put(limit, keys.values().get(limit));
      }
    }
    Section section = keys.with(port);
    PcapPortConfig.of(section);
    return section;
  }

  /** Names that must be ports. */
  List<String> names() {
    List<String> names = new ArrayList<>(srcPorts);
    names.addAll(dstPorts);
    if (!output.isEmpty()) {
      names.add(output);
    }
    return names;
  }
}
