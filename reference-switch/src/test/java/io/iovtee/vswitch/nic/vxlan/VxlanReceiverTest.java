// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.BufferList;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.HostPool;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What anybody may send to the socket: it is a tunnel's frame, or counted by what is wrong. */
final class VxlanReceiverTest {
  private static final InetAddress REMOTE = InetAddress.ofLiteral("10.0.0.2");
  private static final InetAddress OTHER = InetAddress.ofLiteral("10.0.0.3");
  private static final int VNI = 0x123456;
  private static final int RING_SIZE = 64;

  private final HostPool pool = HostPool.create(1024, false);
  private final ChunkStack chunks = pool.slice(1024);
  private final VxlanReceiver receiver = new VxlanReceiver();
  private final VxlanTunnel tunnel = tunnel(REMOTE, VNI);
  private final FrameBatch batch = new FrameBatch();

  VxlanReceiverTest() {
    assertThat(receiver.add(tunnel)).isTrue();
  }

  @AfterEach
  void close() {
    tunnel.interrupt.close();
    pool.close();
  }

  private static VxlanTunnel tunnel(InetAddress remote, int vni) {
    VxlanPortOptions options =
        new VxlanPortOptions(
            new InetSocketAddress(InetAddress.ofLiteral("10.0.0.1"), 4789),
            new InetSocketAddress(remote, 4789),
            vni,
            0,
            RING_SIZE,
            null);
    return new VxlanTunnel(options, 1464, 1, unused -> {});
  }

  private void post(int buffers) {
    BufferList list = new BufferList();
    for (int i = 0; i < buffers; i++) {
      int chunk = chunks.take();
      list.add(chunks.frameAddress(chunk), chunk);
    }
    tunnel.received.post(list);
  }

  /** A datagram of this VNI, whose inner bytes count up. */
  private static byte[] datagram(int flags, int vni, int inner) {
    byte[] datagram = new byte[VxlanHeader.LENGTH + inner];
    datagram[0] = (byte) flags;
    datagram[4] = (byte) (vni >> 16);
    datagram[5] = (byte) (vni >> 8);
    datagram[6] = (byte) vni;
    for (int i = 0; i < inner; i++) {
      datagram[VxlanHeader.LENGTH + i] = (byte) i;
    }
    return datagram;
  }

  private boolean receive(InetAddress from, byte[] datagram) {
    return receiver.receive(from, datagram, datagram.length) != null;
  }

  private int taken() {
    batch.clear();
    return tunnel.received.take(batch);
  }

  /** That all counters are 0 but this one. */
  private void onlyCounted(String name) {
    for (Map.Entry<String, Long> counter : receiver.counters().entrySet()) {
      assertThat(counter.getValue())
          .as(counter.getKey())
          .isEqualTo(counter.getKey().equals(name) ? 1 : 0);
    }
    assertThat(taken()).isZero();
  }

  @Test
  void innerFramesLandInTheChunksByteByByte() {
    post(3);
    int[] lengths = {14, 60, HostPool.FRAME_LENGTH_MAX};
    for (int length : lengths) {
      assertThat(receive(REMOTE, datagram(0x08, VNI, length))).isTrue();
    }
    assertThat(taken()).isEqualTo(3);
    for (int i = 0; i < 3; i++) {
      assertThat(batch.length[i]).isEqualTo(lengths[i]);
      for (int at = 0; at < lengths[i]; at++) {
        assertThat(AddressSpace.getByte(batch.address[i] + at)).isEqualTo((byte) at);
      }
    }
    onlyCounted("none");
  }

  @Test
  void reservedBitsAreNotLookedAt() {
    post(1);
    byte[] datagram = datagram(0xff, VNI, 60);
    datagram[1] = datagram[2] = datagram[3] = datagram[7] = (byte) 0xff;
    assertThat(receive(REMOTE, datagram)).isTrue();
    assertThat(taken()).isEqualTo(1);
  }

  @Test
  void withoutTheFlagThereIsNoVni() {
    post(1);
    assertThat(receive(REMOTE, datagram(0xf7, VNI, 60))).isFalse();
    onlyCounted("socket_no_vni_flag");
  }

  @Test
  void anotherVniIsUnknown() {
    post(1);
    assertThat(receive(REMOTE, datagram(0x08, VNI ^ 1, 60))).isFalse();
    onlyCounted("socket_unknown_vni");
  }

  @Test
  void eachByteOfTheVniCounts() {
    post(1);
    assertThat(receive(REMOTE, datagram(0x08, VNI ^ 0x8000, 60))).isFalse();
    assertThat(receive(REMOTE, datagram(0x08, VNI ^ 0x800000, 60))).isFalse();
    assertThat(receiver.counters()).containsEntry("socket_unknown_vni", 2L);
  }

  @Test
  void anotherSenderIsUnknown() {
    post(1);
    assertThat(receive(OTHER, datagram(0x08, VNI, 60))).isFalse();
    onlyCounted("socket_unknown_remote");
  }

  @Test
  void truncatedHeadersAreCounted() {
    post(1);
    byte[] whole = datagram(0x08, VNI, 60);
    assertThat(receiver.receive(REMOTE, whole, 7)).isNull();
    onlyCounted("socket_truncated");
    assertThat(receiver.receive(REMOTE, whole, 0)).isNull();
    assertThat(receiver.counters()).containsEntry("socket_truncated", 2L);
  }

  @Test
  void innerFramesWithoutEthernetHeaderAreRunts() {
    post(2);
    assertThat(receive(REMOTE, datagram(0x08, VNI, 13))).isTrue();
    assertThat(receive(REMOTE, datagram(0x08, VNI, 0))).isTrue();
    assertThat(tunnel.counters.get(VxlanTunnel.RUNT)).isEqualTo(2);
    onlyCounted("none");
  }

  @Test
  void innerFramesLongerThanAChunkAreCounted() {
    post(1);
    assertThat(receive(REMOTE, datagram(0x08, VNI, HostPool.FRAME_LENGTH_MAX + 1))).isTrue();
    assertThat(tunnel.counters.get(VxlanTunnel.TOO_LONG)).isEqualTo(1);
    onlyCounted("none");
  }

  @Test
  void aFullRingCostsTheFrameAndIsCounted() {
    post(2);
    for (int i = 0; i < 5; i++) {
      receive(REMOTE, datagram(0x08, VNI, 60 + i));
    }
    assertThat(tunnel.counters.get(VxlanTunnel.MISSED)).isEqualTo(3);
    assertThat(taken()).isEqualTo(2);
    assertThat(batch.length[1]).isEqualTo(61);
    post(1);
    receive(REMOTE, datagram(0x08, VNI, 99));
    assertThat(taken()).isEqualTo(1);
    assertThat(batch.length[0]).isEqualTo(99);
  }

  @Test
  void tunnelsAreToldApartByRemoteEndAndVni() {
    VxlanTunnel otherVni = tunnel(REMOTE, VNI + 1);
    VxlanTunnel otherEnd = tunnel(OTHER, VNI);
    VxlanTunnel same = tunnel(REMOTE, VNI);
    try {
      assertThat(receiver.add(otherVni)).isTrue();
      assertThat(receiver.add(otherEnd)).isTrue();
      assertThat(receiver.add(same)).isFalse();
      byte[] datagram = datagram(0x08, VNI, 60);
      assertThat(receiver.receive(REMOTE, datagram, 68)).isSameAs(tunnel);
      assertThat(receiver.receive(OTHER, datagram, 68)).isSameAs(otherEnd);
      assertThat(receiver.receive(REMOTE, datagram(0x08, VNI + 1, 60), 68)).isSameAs(otherVni);

      receiver.remove(same); // was never in
      assertThat(receiver.receive(REMOTE, datagram, 68)).isSameAs(tunnel);
      receiver.remove(tunnel);
      assertThat(receiver.receive(REMOTE, datagram, 68)).isNull();
      assertThat(receiver.counters()).containsEntry("socket_unknown_remote", 1L);
      receiver.remove(otherEnd);
      assertThat(receiver.receive(REMOTE, datagram, 68)).isNull();
      assertThat(receiver.counters()).containsEntry("socket_unknown_vni", 1L);
    } finally {
      otherVni.interrupt.close();
      otherEnd.interrupt.close();
      same.interrupt.close();
    }
  }
}
