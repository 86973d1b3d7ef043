using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Monitor.Sandbox.SystemCalls;

namespace Monitor.Sandbox.Interop;

/// <summary>Calls of the C library that change what a thread or process may do. All return -1 and set errno on failure.</summary>
internal static unsafe partial class Libc
{
    internal const int PR_SET_PDEATHSIG = 1;
    internal const int PR_GET_PDEATHSIG = 2;
    internal const int PR_CAPBSET_READ = 23;
    internal const int PR_CAPBSET_DROP = 24;
    internal const int PR_SET_NO_NEW_PRIVS = 38;
    internal const int PR_CAP_AMBIENT = 47;
    internal const int PR_CAP_AMBIENT_RAISE = 2;
    internal const int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    internal const uint CAPABILITY_VERSION_3 = 0x20080522;
    internal const uint MFD_CLOEXEC = 1;
    internal const uint MFD_ALLOW_SEALING = 2;
    internal const int F_GETFD = 1;
    internal const int F_SETFD = 2;
    internal const int F_ADD_SEALS = 1033;
    internal const int F_GET_SEALS = 1034;
    internal const int F_SEAL_ALL = 15; // F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE
    internal const int FD_CLOEXEC = 1;
    internal const int SECCOMP_SET_MODE_FILTER = 1;
    internal const int SECCOMP_FILTER_FLAG_TSYNC = 1;
    internal const int O_PATH = 0x200000;
    internal const int O_CLOEXEC = 0x80000;
    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int SIGPIPE = 13;
    internal const nint SIG_DFL = 0;
    internal const nint SIG_IGN = 1;

    private const string Library = "libc";

    // __NR_seccomp.
    private static nint SeccompNumber => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 317 : 277;

    // EINVAL (an option or value that this kernel does not know), EPERM.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    // data: two elements. EPERM.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capget(CapabilityHeader* header, CapabilityData* data);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capset(CapabilityHeader* header, CapabilityData* data);

    // Returns only on failure: ENOENT, EACCES, EPERM, E2BIG, ENOMEM.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int execve(byte* path, byte** arguments, byte** environment);

    // ENOENT, ENOTDIR, EACCES, ELOOP.
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle open(string path, int flags);

    // buffer: 256 bytes. ENOENT, EACCES.
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int directory, string path, int flags, uint mask, void* buffer);

    // ENOSYS before 3.17.
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle memfd_create(string name, uint flags);

    // EBADF, EPERM, EINVAL.
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint signal(int number, nint handler);

    [LibraryImport(Library)]
    internal static partial uint geteuid();

    // 0; the number of a thread that cannot be synchronized; -1: EACCES (no no_new_privs), ENOSYS (before 3.17), EINVAL.
    internal static int seccomp(int operation, int flags, FilterDescription* filter) =>
        (int)syscall(SeccompNumber, operation, flags, (nint)filter, 0);

    /// <summary>The environment as the C library has it, bytes and all: an array that ends with NULL.</summary>
    internal static byte** Environment =>
        *(byte***)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "environ");

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint syscall(nint number, nint argument1, nint argument2, nint argument3, nint argument4);

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FilterDescription
    {
        internal ushort Length;
        internal FilterInstruction* Instructions;
    }

    /// <summary>struct __user_cap_header_struct; process 0 is the calling thread.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityHeader
    {
        internal uint Version;
        internal int Process;
    }

    /// <summary>struct __user_cap_data_struct: 32 capabilities; the second element has those from 32 on.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityData
    {
        internal uint Effective;
        internal uint Permitted;
        internal uint Inheritable;
    }
}
