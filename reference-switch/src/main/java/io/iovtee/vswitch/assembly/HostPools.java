// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.HugePageUse;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.memory.HugePages;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the switch's own frame buffers as the configuration wants them. */
final class HostPools {
  private static final Logger LOG = LoggerFactory.getLogger(HostPools.class);

  private HostPools() {}

  /**
   * Makes the pool.
   *
   * @throws IllegalStateException when huge pages are required and are not to be had, with the
   *     command that mends it
   */
  static HostPool create(int chunks, HugePageUse use) {
    long bytes = (long) chunks * HostPool.CHUNK_SIZE;
    if (use == HugePageUse.NEVER) {
      return HostPool.create(chunks, false);
    }
    String lack = HugePages.read().lack(bytes);
    if (use == HugePageUse.REQUIRED && lack != null) {
      throw refusal(lack);
    }
    HostPool pool = HostPool.create(chunks, true);
    if (pool.onHugePages()) {
      return pool;
    }
    String why = lack == null ? HugePages.read().explain(bytes / HugePages.SIZE) : lack;
    if (use == HugePageUse.REQUIRED) {
      pool.close();
      throw refusal(why);
    }
    LOG.info("the frame buffers lie on small pages, which works and is slower: {}", why);
    return pool;
  }

  private static IllegalStateException refusal(String lack) {
    return new IllegalStateException(
        "switch.huge-pages is required, but there are "
            + lack
            + ", or set switch.huge-pages to true: then small pages do");
  }
}
