using System.Runtime.InteropServices;

namespace Monitor.Bpf.Interop;

/// <summary>The few calls of the C library that .NET has no equivalent for. All return -1 and set errno on failure.</summary>
internal static unsafe partial class Libc
{
    internal const int O_RDONLY = 0;
    internal const int O_CLOEXEC = 0x80000;
    internal const int AT_FDCWD = -100;
    internal const uint STATX_INO = 0x100;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const uint EPOLLIN = 1;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;
    internal const int CLOCK_REALTIME = 0;
    internal const int CLOCK_MONOTONIC = 1;
    internal const int CLOCK_BOOTTIME = 7;
    internal const int SCHED_OTHER = 0;
    internal const int SCHED_RESET_ON_FORK = 0x40000000;
    internal const int PRIO_PROCESS = 0;
    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int MAP_SHARED = 1;
    internal const int F_SETFD = 2;
    internal const int FD_CLOEXEC = 1;
    internal const ulong PERF_FLAG_FD_CLOEXEC = 8;
    internal const uint PERF_EVENT_IOC_ENABLE = 0x2400;

    private const string Library = "libc";

    // __NR_perf_event_open.
    private static nint PerfEventOpen => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 298 : 241;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial FileDescriptorHandle open(string path, int flags);

    [LibraryImport(Library)]
    internal static partial int close(int descriptor);

    // buffer: 256 bytes. ENOENT, EACCES.
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int directory, string path, int flags, uint mask, void* buffer);

    // The new descriptor, at least as high as the argument.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial FileDescriptorHandle fcntl(int descriptor, int command, int argument);

    // For commands that open nothing, such as F_SETFD. EBADF.
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int fcntl_set(int descriptor, int command, int argument);

    // Number of bytes, 0 at the end; EINTR, EAGAIN.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(FileDescriptorHandle descriptor, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(FileDescriptorHandle descriptor, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial FileDescriptorHandle epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_ctl(FileDescriptorHandle epoll, int operation, int descriptor, byte* epollEvent);

    // Number of ready descriptors, 0 after the timeout (milliseconds, -1: none); EINTR.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_wait(FileDescriptorHandle epoll, byte* events, int maxEvents, int timeout);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial FileDescriptorHandle eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int clock_gettime(int clock, Timespec* time);

    // The address, or -1: EPERM (locked memory), ENOMEM, EINVAL.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint mmap(nint address, nuint length, int protection, int flags, FileDescriptorHandle descriptor, nint offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int munmap(nint address, nuint length);

    // EINVAL, ENOTTY.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(FileDescriptorHandle descriptor, nuint request, nint argument);

    // A perf event: the C library has no function for it. process -1 is every process on that CPU. EACCES or EPERM (no
    // CAP_PERFMON), ENODEV (CPU offline), EMFILE.
    internal static FileDescriptorHandle perf_event_open(PerfEventAttributes* attributes, int process, int cpu, int group, ulong flags) =>
        syscall(PerfEventOpen, attributes, process, cpu, group, flags);

    // The index, in the network namespace of this thread; 0 and errno where there is none (ENODEV).
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial uint if_nametoindex(string name);

    // thread: 0 for the calling one. parameter: a struct sched_param, which is one int: 0 for SCHED_OTHER. EPERM.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int sched_setscheduler(int thread, int policy, int* parameter);

    // With PRIO_PROCESS and 0 the calling thread, against what POSIX says. EACCES, EPERM.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setpriority(int which, int who, int nice);

    // Length that the whole text needs without its final NUL, negative on error; writes at most size bytes.
    [LibraryImport(Library)]
    internal static partial int vsnprintf(byte* buffer, nuint size, byte* format, void* arguments);

    // 0 where it was refused. In glibc only.
    [LibraryImport(Library)]
    internal static partial int mallopt(int parameter, int value);

    // 1 where memory was given back, else 0. In glibc only.
    [LibraryImport(Library)]
    internal static partial int malloc_trim(nuint pad);

    [LibraryImport(Library, SetLastError = true)]
    private static partial FileDescriptorHandle syscall(
        nint number, PerfEventAttributes* attributes, nint process, nint cpu, nint group, ulong flags);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
