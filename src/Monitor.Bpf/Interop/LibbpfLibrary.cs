using System.Runtime.InteropServices;

namespace Monitor.Bpf.Interop;

/// <summary>Lifecycle of the library itself: version, messages, probes that need no object.</summary>
internal static unsafe partial class Libbpf
{
    // The library is present in this version or later on every distribution that the project names (Debian 12 has 1.1).
    private const int RequiredMajor = 1;
    private const int RequiredMinor = 1;

    private static readonly Lock InitializationLock = new();
    private static volatile bool _initialized;

    /// <summary>
    /// Must be called before the first call into libbpf: checks that the library is there and new enough, and takes
    /// over its messages, which it otherwise writes to standard error.
    /// </summary>
    /// <exception cref="BpfException">The library is missing or too old.</exception>
    internal static void Initialize()
    {
        if (_initialized)
        {
            return;
        }

        lock (InitializationLock)
        {
            if (_initialized)
            {
                return;
            }

            uint major;
            uint minor;
            try
            {
                major = libbpf_major_version();
                minor = libbpf_minor_version();
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                throw new BpfException(
                    "loading the library",
                    Library,
                    Errno.ENOENT,
                    $"libbpf {RequiredMajor}.{RequiredMinor} or later is needed (Debian, Ubuntu: apt install libbpf1; "
                        + "Fedora, RHEL: dnf install libbpf)",
                    e);
            }

            if (major != RequiredMajor || minor < RequiredMinor)
            {
                throw new BpfException(
                    "loading the library",
                    Library,
                    Errno.EOPNOTSUPP,
                    $"it is version {major}.{minor}, {RequiredMajor}.{RequiredMinor} or a later {RequiredMajor}.x is needed");
            }

            libbpf_set_print(&LibbpfMessages.Print);
            _initialized = true;
        }
    }

    // __u32, always succeed. Exist since 0.6.
    [LibraryImport(Library)]
    internal static partial uint libbpf_major_version();

    [LibraryImport(Library)]
    internal static partial uint libbpf_minor_version();

    // libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn): process-wide, not thread-safe; returns the former one.
    [LibraryImport(Library)]
    internal static partial nint libbpf_set_print(delegate* unmanaged[Cdecl]<int, byte*, void*, int> print);

    // 1 supported, 0 not supported, negative errno where it cannot be told.
    [LibraryImport(Library)]
    internal static partial int libbpf_probe_bpf_prog_type(BpfProgramType type, nint options);

    [LibraryImport(Library)]
    internal static partial int libbpf_probe_bpf_map_type(BpfMapType type, nint options);

    [LibraryImport(Library)]
    internal static partial int libbpf_probe_bpf_helper(BpfProgramType type, int helper, nint options);
}
