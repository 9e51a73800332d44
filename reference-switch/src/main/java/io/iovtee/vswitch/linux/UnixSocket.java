// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.iovtee.vswitch.linux.FileAbi.FileType;
import io.iovtee.vswitch.linux.SocketAbi.SockaddrUn;
import io.iovtee.vswitch.linux.SocketAbi.Socket;
import io.iovtee.vswitch.linux.SocketAbi.Ucred;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A Unix stream socket that carries bytes and file descriptors.
 *
 * <p>All sockets are close-on-exec and blocking unless {@link Fd#setNonBlocking} says otherwise; a
 * thread that must not block polls first, or passes {@code wait = false}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 */
public final class UnixSocket implements AutoCloseable {
  /** Longest path, in bytes of UTF-8: {@code sun_path} holds 108 with the terminating zero. */
  public static final int PATH_LENGTH_MAX = 107;

  private final Fd fd;

  private UnixSocket(Fd fd) {
    this.fd = fd;
  }

  /** Takes over a connected or listening descriptor. */
  public static UnixSocket of(Fd fd) {
    return new UnixSocket(fd);
  }

  /**
   * Listens on a path. A socket file that nobody listens on any more is replaced; one that is in
   * use is an EADDRINUSE.
   *
   * @param permissions of the socket file, as {@code "rw-------"}
   * @param backlog connections the kernel holds before {@link #accept}
   */
  public static UnixSocket listen(Path path, String permissions, int backlog) {
    removeStale(path);
    Fd fd = socket();
    try (Arena arena = Arena.ofConfined()) {
      int bound = SocketCalls.bind(fd.number(), address(arena, path), SockaddrUn.SIZEOF);
      Native.check("bind", bound, "path=" + path);
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
      Native.check("listen", SocketCalls.listen(fd.number(), backlog), "path=" + path);
      return new UnixSocket(fd);
    } catch (IOException e) {
      fd.close();
      throw new ErrnoException("chmod", Errno.EACCES, "path=" + path + ": " + e.getMessage());
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /** Only a socket is ever removed: a mistyped path must not cost anybody a file. */
  private static void removeStale(Path path) {
    if (!isSocketFile(path)) {
      return;
    }
    try (Fd fd = socket();
        Arena arena = Arena.ofConfined()) {
      // A full backlog would make the probe wait.
      fd.setNonBlocking(true);
      int result = SocketCalls.connect(fd.number(), address(arena, path), SockaddrUn.SIZEOF);
      if (result == -Errno.ECONNREFUSED) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new ErrnoException("unlink", Errno.EACCES, "path=" + path + ": " + e.getMessage());
    }
  }

  /** Connecting to an ordinary file is refused like connecting to a dead socket: look first. */
  private static boolean isSocketFile(Path path) {
    try {
      Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      return mode instanceof Integer m && (m & FileType.S_IFMT) == FileType.S_IFSOCK;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Connects to a path. Does not wait for a place in the listener's queue: a full one is an EAGAIN.
   */
  public static UnixSocket connect(Path path) {
    Fd fd = socket();
    try (Arena arena = Arena.ofConfined()) {
      fd.setNonBlocking(true);
      int result = SocketCalls.connect(fd.number(), address(arena, path), SockaddrUn.SIZEOF);
      Native.check("connect", result, "path=" + path);
      fd.setNonBlocking(false);
      return new UnixSocket(fd);
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /** Two sockets connected to each other. */
  public static UnixSocket[] pair() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(JAVA_INT, 2);
      int type = Socket.SOCK_STREAM | Socket.SOCK_CLOEXEC;
      Native.check("socketpair", SocketCalls.socketpair(Socket.AF_UNIX, type, 0, fds), "");
      Fd first = Fd.of(fds.getAtIndex(JAVA_INT, 0), "socketpair");
      Fd second = Fd.of(fds.getAtIndex(JAVA_INT, 1), "socketpair");
      return new UnixSocket[] {new UnixSocket(first), new UnixSocket(second)};
    }
  }

  private static Fd socket() {
    return Fd.of(socketNumber(), "unix socket");
  }

  private static int socketNumber() {
    int type = Socket.SOCK_STREAM | Socket.SOCK_CLOEXEC;
    return Native.check("socket", SocketCalls.socket(Socket.AF_UNIX, type, 0), "AF_UNIX");
  }

  private static MemorySegment address(Arena arena, Path path) {
    byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > PATH_LENGTH_MAX) {
      throw new IllegalArgumentException(
          "socket path must have 1 to "
              + PATH_LENGTH_MAX
              + " bytes, use a shorter directory: "
              + "length="
              + bytes.length
              + ", path="
              + path);
    }
    MemorySegment address = arena.allocate(SockaddrUn.SIZEOF, 8);
    address.set(JAVA_SHORT, SockaddrUn.SUN_FAMILY, (short) Socket.AF_UNIX);
    MemorySegment.copy(bytes, 0, address, JAVA_BYTE, SockaddrUn.SUN_PATH, bytes.length);
    return address;
  }

  /**
   * Takes the next connection of a listening socket.
   *
   * @return null when the socket is non-blocking and there is none, or when the peer gave up
   */
  public @Nullable UnixSocket accept() {
    int number =
        SocketCalls.accept4(
            fd.number(), MemorySegment.NULL, MemorySegment.NULL, Socket.SOCK_CLOEXEC);
    if (number == -Errno.EAGAIN || number == -Errno.EINTR || number == -Errno.ECONNABORTED) {
      return null;
    }
    return new UnixSocket(Fd.of(Native.check("accept4", number, "" + fd), "unix connection"));
  }

  public Fd fd() {
    return fd;
  }

  /** Who is at the other end, as the kernel saw it at connect time. */
  public PeerCredentials peerCredentials() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(Ucred.SIZEOF, 4);
      MemorySegment length = arena.allocateFrom(JAVA_INT, Ucred.SIZEOF);
      Native.check(
          "getsockopt(SO_PEERCRED)",
          SocketCalls.getsockopt(fd.number(), Socket.SOL_SOCKET, Socket.SO_PEERCRED, value, length),
          fd.toString());
      return new PeerCredentials(
          value.get(JAVA_INT, Ucred.PID),
          value.get(JAVA_INT, Ucred.UID),
          value.get(JAVA_INT, Ucred.GID));
    }
  }

  /** Ends the connection in both directions and wakes whoever waits on it; keeps the descriptor. */
  public void shutdown() {
    int result = SocketCalls.shutdown(fd.number(), Socket.SHUT_RDWR);
    if (result != -Errno.ENOTCONN) {
      Native.check("shutdown", result, fd.toString());
    }
  }

  @Override
  public void close() {
    fd.close();
  }

  /** The process at the other end of a socket. */
  public record PeerCredentials(int pid, int uid, int gid) {}
}
