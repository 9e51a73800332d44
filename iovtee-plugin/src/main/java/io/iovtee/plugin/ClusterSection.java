// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.PluginException;
import io.iovtee.verticles.cluster.ClusterConfig;
import io.iovtee.verticles.cluster.MemberAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@code plugins.iovtee.cluster}. */
final class ClusterSection {
  private static final String KEY = "cluster";

  private ClusterSection() {}

  /**
   * @return empty where the section is not there
   */
  static Optional<ClusterConfig> read(ConfigSection root, String switchName)
      throws PluginException {
    if (!root.has(KEY)) {
      return Optional.empty();
    }
    ConfigSection section = root.section(KEY);
    section.allow(
        "name", "member", "listen", "members", "trusted-network", "state-file", "member-timeout-s");
    MemberAddress listen = address(section, "listen", section.requiredText("listen"));
    boolean trusted = section.flag("trusted-network", false);
    if (!listen.isLoopback() && !trusted) {
      throw new PluginException(
          section.path()
              + ".listen is no loopback address: listen="
              + listen
              + "; whoever reaches it is a member and can change the rules of all, for members ask"
              + " nobody who he is and encrypt nothing: if only members reach that network, say so"
              + " with trusted-network: true");
    }
    List<MemberAddress> members = new ArrayList<>();
    for (String member : section.texts("members", ClusterConfig.MEMBERS_MAX)) {
      members.add(address(section, "members", member));
    }
    try {
      return Optional.of(
          new ClusterConfig(
              section.requiredText("name"),
              section.text("member", switchName),
              listen,
              members,
              stateFile(section),
              section.integer(
                  "member-timeout-s",
                  ClusterConfig.MEMBER_TIMEOUT_S_DEFAULT,
                  ClusterConfig.MEMBER_TIMEOUT_S_MIN,
                  ClusterConfig.MEMBER_TIMEOUT_S_MAX)));
    } catch (IllegalArgumentException e) {
      throw new PluginException(section.path() + "." + e.getMessage(), e);
    }
  }

  private static Optional<Path> stateFile(ConfigSection section) throws PluginException {
    String text = section.text("state-file", "");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    if (!text.startsWith("/")) {
      throw new PluginException(
          section.path() + ".state-file must be a path from the root: state-file=" + text);
    }
    return Optional.of(Path.of(text));
  }

  private static MemberAddress address(ConfigSection section, String key, String text)
      throws PluginException {
    try {
      return MemberAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw new PluginException(section.path() + "." + key + " " + e.getMessage(), e);
    }
  }
}
