// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/** Numbers of {@code linux/aio_abi.h}. */
final class AioAbi {
  private AioAbi() {}

  /** Commands and flags. */
  @CConstants(header = "linux/aio_abi.h")
  static final class Aio {
    static final int IOCB_CMD_POLL = 5;
    static final int IOCB_FLAG_RESFD = 1;

    private Aio() {}
  }

  /**
   * {@code struct iocb}.
   *
   * <pre>
   *  0 data(8) key(4) rw_flags(4)
   * 16 lio_opcode(2) reqprio(2) fildes(4) buf(8)
   * 32 nbytes(8) offset(8)
   * 48 reserved2(8) flags(4) resfd(4)
   * </pre>
   */
  @CStruct(value = "struct iocb", header = "linux/aio_abi.h")
  static final class Iocb {
    static final int SIZEOF = 64;
    static final int AIO_LIO_OPCODE = 16;
    static final int AIO_FILDES = 20;
    static final int AIO_BUF = 24;
    static final int AIO_FLAGS = 56;
    static final int AIO_RESFD = 60;

    private Iocb() {}
  }

  /**
   * The head of the completion ring, which the kernel maps where the context handle points to.
   *
   * <p>No public header has it; its form is fixed by the magic number, which is checked (kernel,
   * fs/aio.c, {@code struct aio_ring}).
   *
   * <pre>
   *  0 id(4) nr(4) head(4) tail(4)
   * 16 magic(4) compat_features(4) incompat_features(4) header_length(4)
   * </pre>
   */
  static final class AioRing {
    static final int HEAD = 8;
    static final int TAIL = 12;
    static final int MAGIC = 16;
    static final int MAGIC_VALUE = 0xa10a10a1;

    private AioRing() {}
  }
}
