// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.DefaultNodeContext;
import com.hazelcast.instance.impl.DefaultNodeExtension;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.instance.impl.NodeExtension;
import com.hazelcast.internal.networking.HandlerStatus;
import com.hazelcast.internal.networking.InboundHandler;
import com.hazelcast.internal.nio.Packet;
import com.hazelcast.internal.server.ServerConnection;
import com.hazelcast.internal.server.ServerContext;
import com.hazelcast.internal.server.tcp.PacketDecoder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Hazelcast's node with a guard before what it reads: only hosts of members are heard, and no
 * packet takes more memory than a member's may. There is no setting for that, so it is put in where
 * Hazelcast's other editions put in theirs; a change of Hazelcast's version is to be followed here.
 */
final class GuardedNodeContext extends DefaultNodeContext {
  private final Set<InetAddress> hosts = new HashSet<>();

  GuardedNodeContext(ClusterConfig config) {
    for (MemberAddress one : config.members()) {
      try {
        hosts.add(InetAddress.getByName(one.ip())); // an address: nobody is asked
      } catch (UnknownHostException e) {
        throw new IllegalArgumentException("members: no address: " + one, e);
      }
    }
  }

  @Override
  public NodeExtension createNodeExtension(Node node) {
    return new GuardedNodeExtension(node, hosts);
  }

  private static final class GuardedNodeExtension extends DefaultNodeExtension {
    private final Node guarded;
    private final Set<InetAddress> hosts;

    GuardedNodeExtension(Node node, Set<InetAddress> hosts) {
      super(node);
      guarded = node;
      this.hosts = hosts;
    }

    @Override
    @SuppressWarnings("rawtypes") // as it is declared there
    public InboundHandler[] createInboundHandlers(
        EndpointQualifier qualifier, ServerConnection connection, ServerContext context) {
      return new InboundHandler[] {
        new GuardedDecoder(connection, guarded.getNodeEngine().getPacketDispatcher(), hosts)
      };
    }
  }

  /** One connection's; its thread. */
  private static final class GuardedDecoder extends PacketDecoder {
    private final PacketLimit limit = new PacketLimit();
    private final boolean isMembers;

    GuardedDecoder(
        ServerConnection connection, Consumer<Packet> dispatcher, Set<InetAddress> hosts) {
      super(connection, dispatcher);
      isMembers = hosts.contains(connection.getInetAddress());
    }

    @Override
    public HandlerStatus onRead() throws Exception {
      if (!isMembers) {
        throw new IOException("no member's address");
      }
      limit.check(src);
      return super.onRead();
    }
  }
}
