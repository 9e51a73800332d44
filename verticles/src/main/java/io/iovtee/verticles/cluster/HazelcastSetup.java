// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.ClassFilter;
import com.hazelcast.config.Config;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.InterfacesConfig;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.core.IndeterminateOperationStateException;
import com.hazelcast.core.MemberLeftException;
import com.hazelcast.core.OperationTimeoutException;
import com.hazelcast.nio.serialization.HazelcastSerializationException;
import com.hazelcast.partition.NoDataMemberInClusterException;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Hazelcast's configuration: one port on one address, for members alone (no clients, REST or
 * memcache), a list of members instead of multicast, few threads, nothing that calls home, and no
 * Java objects taken from others.
 */
final class HazelcastSetup {
  static final String RULES = "iovtee.rules";
  static final String MEMBERS = "iovtee.members";
  static final String NAME_ATTRIBUTE = "iovtee.name";
  static final String LISTED_ATTRIBUTE = "iovtee.listed";

  private static final String MAJORITY = "majority";
  private static final int BACKUPS_MAX = 6;
  private static final int MERGE_BATCH = 100;

  /**
   * Of Hazelcast's own settings what differs from its defaults, which are for big data: hundreds of
   * partitions, a thread for each core, minutes before anybody is missed.
   */
  private static final Map<String, String> PROPERTIES =
      Map.ofEntries(
          Map.entry("hazelcast.logging.type", "slf4j"),
          Map.entry("hazelcast.phone.home.enabled", "false"),
          Map.entry("hazelcast.shutdownhook.enabled", "false"),
          Map.entry("hazelcast.health.monitoring.level", "OFF"),
          Map.entry("hazelcast.slow.operation.detector.enabled", "false"),
          Map.entry("hazelcast.socket.bind.any", "false"),
          Map.entry("hazelcast.tcp.join.port.try.count", "1"),
          Map.entry("hazelcast.wait.seconds.before.join", "1"),
          Map.entry("hazelcast.max.wait.seconds.before.join", "5"),
          Map.entry("hazelcast.max.join.seconds", "30"),
          Map.entry("hazelcast.partition.count", "11"),
          Map.entry("hazelcast.operation.call.timeout.millis", "5000"),
          Map.entry("hazelcast.operation.backup.timeout.millis", "1000"),
          Map.entry("hazelcast.operation.thread.count", "2"),
          Map.entry("hazelcast.operation.generic.thread.count", "2"),
          Map.entry("hazelcast.operation.response.thread.count", "1"),
          Map.entry("hazelcast.io.thread.count", "1"),
          Map.entry("hazelcast.event.thread.count", "1"),
          Map.entry("hazelcast.heartbeat.interval.seconds", "1"));

  /** What may come as a Java object; fields of exceptions, too. */
  private static final List<Class<?>> EXCEPTIONS =
      List.of(
          SplitBrainProtectionException.class,
          NoDataMemberInClusterException.class,
          HazelcastException.class,
          HazelcastInstanceNotActiveException.class,
          IndeterminateOperationStateException.class,
          MemberLeftException.class,
          OperationTimeoutException.class,
          HazelcastSerializationException.class,
          Throwable.class,
          Exception.class,
          RuntimeException.class,
          IllegalStateException.class,
          IllegalArgumentException.class,
          IOException.class,
          ExecutionException.class,
          TimeoutException.class,
          StackTraceElement.class,
          StackTraceElement[].class,
          Collections.emptyList().getClass());

  private HazelcastSetup() {}

  static Config of(ClusterConfig cluster) {
    Config config = new Config();
    config.setClusterName(cluster.name());
    config.setInstanceName("iovtee-" + cluster.member());
    config.setClassLoader(HazelcastSetup.class.getClassLoader());
    PROPERTIES.forEach(config::setProperty);
    String timeout = Integer.toString(cluster.memberTimeoutS());
    config.setProperty("hazelcast.max.no.heartbeat.seconds", timeout);
    config.setProperty("hazelcast.merge.first.run.delay.seconds", timeout);
    config.setProperty("hazelcast.merge.next.run.delay.seconds", timeout);
    config.getMetricsConfig().setEnabled(false);
    config.getJetConfig().setEnabled(false);
    config.getMemberAttributeConfig().setAttribute(NAME_ATTRIBUTE, cluster.member());
    config.getMemberAttributeConfig().setAttribute(LISTED_ATTRIBUTE, cluster.membersText());
    config.getSerializationConfig().setJavaSerializationFilterConfig(exceptionsOnly());
    config.setAdvancedNetworkConfig(network(cluster));
    config.addSplitBrainProtectionConfig(
        new SplitBrainProtectionConfig(MAJORITY, true, Math.max(2, cluster.quorum()))
            .setProtectOn(SplitBrainProtectionOn.WRITE));
    MapConfig rules = map(RULES, cluster, "com.hazelcast.spi.merge.DiscardMergePolicy");
    if (cluster.quorum() > 1) {
      rules.setSplitBrainProtectionName(MAJORITY);
    }
    config.addMapConfig(rules);
    config.addMapConfig(map(MEMBERS, cluster, "com.hazelcast.spi.merge.PutIfAbsentMergePolicy"));
    return config;
  }

  /**
   * No Java objects but exceptions, which members answer each other with ("ask another member"):
   * where these are not read a question waits for its timeout.
   */
  private static JavaSerializationFilterConfig exceptionsOnly() {
    ClassFilter allowed = new ClassFilter();
    EXCEPTIONS.forEach(type -> allowed.addClasses(type.getName()));
    allowed.addPackages("com.hazelcast.spi.exception");
    return new JavaSerializationFilterConfig().setDefaultsDisabled(true).setWhitelist(allowed);
  }

  private static AdvancedNetworkConfig network(ClusterConfig cluster) {
    ServerSocketEndpointConfig endpoint = new ServerSocketEndpointConfig();
    endpoint.setPort(cluster.listen().port());
    endpoint.setPortAutoIncrement(false);
    endpoint.setReuseAddress(true);
    endpoint.setPublicAddress(cluster.listen().toString());
    endpoint.setSocketConnectTimeoutSeconds(1);
    endpoint.setInterfaces(
        new InterfacesConfig().setEnabled(true).addInterface(cluster.listen().ip()));
    JoinConfig join = new JoinConfig();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).setConnectionTimeoutSeconds(1);
    cluster.members().forEach(one -> join.getTcpIpConfig().addMember(one.toString()));
    AdvancedNetworkConfig network = new AdvancedNetworkConfig();
    network.setEnabled(true);
    network.setMemberEndpointConfig(endpoint);
    network.setJoin(join);
    return network;
  }

  private static MapConfig map(String name, ClusterConfig cluster, String mergePolicy) {
    return new MapConfig(name)
        .setInMemoryFormat(InMemoryFormat.BINARY)
        .setBackupCount(Math.min(BACKUPS_MAX, cluster.members().size() - 1))
        .setStatisticsEnabled(false)
        .setMergePolicyConfig(new MergePolicyConfig(mergePolicy, MERGE_BATCH));
  }
}
