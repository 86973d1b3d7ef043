using Monitor.Bpf.Attaching;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>A program that is in the kernel, by a descriptor. Any thread.</summary>
public sealed class LoadedProgram : IDisposable
{
    private LoadedProgram(FileDescriptorHandle descriptor, string name)
    {
        Descriptor = descriptor;
        Name = name;
    }

    /// <summary>Name of the C function.</summary>
    public string Name { get; }

    /// <summary>Number of its descriptor, for an image of this process that takes it over. It stays owned by this.</summary>
    public int DescriptorNumber => Descriptor.Number;

    internal FileDescriptorHandle Descriptor { get; }

    /// <summary>Takes over a program that an earlier image of this process left open.</summary>
    /// <param name="descriptor">Its descriptor, owned by the result.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="BpfException">It is no program.</exception>
    public static LoadedProgram Inherit(int descriptor, string name) =>
        new(InheritedDescriptor.Take(descriptor, InheritedDescriptor.Program, name), name);

    /// <summary>What the kernel counted of it so far.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public BpfProgramStatistics GetStatistics() => BpfProgramStatistics.Read(Descriptor, Name);

    /// <summary>
    /// How many of its runs the kernel left out, because it was at work on the same CPU when an interrupt led to the next. Always
    /// counted; 0 before kernel 5.12, which does not tell.
    /// </summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public ulong MissedRuns => BpfProgramStatistics.Ask(Descriptor, Name).RecursionMisses;

    /// <summary>Attaches it to a raw tracepoint, or where it was loaded for (tp_btf, fentry, fexit).</summary>
    /// <param name="name">Name of the raw tracepoint; null where the program says it itself.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public BpfLink AttachTracing(string? name) => BpfLink.Inherit(
        BpfException.ThrowIfNegative(Libbpf.bpf_raw_tracepoint_open(name, Descriptor), "attaching", Name), Name);

    /// <summary>Attaches it to a cgroup, beside others that are attached there (kernel 5.7 and later).</summary>
    /// <param name="cgroup">The cgroup2 mount for all processes, or a directory below it.</param>
    /// <param name="type">What it was loaded for.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public BpfLink AttachCgroup(CgroupMount cgroup, BpfAttachType type)
    {
        ArgumentNullException.ThrowIfNull(cgroup);
        using var folder = Libc.open(cgroup.Path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        return folder.IsInvalid
            ? throw BpfException.FromLastError("opening the cgroup", cgroup.Path)
            : BpfLink.Inherit(
                BpfException.ThrowIfNegative(Libbpf.bpf_link_create(Descriptor, folder, type, 0), "attaching", Name), Name);
    }

    /// <summary>Closes the descriptor; what is attached stays so.</summary>
    public void Dispose() => Descriptor.Dispose();

    internal static LoadedProgram Duplicate(int borrowed, string name) =>
        new(FileDescriptorHandle.Duplicate(borrowed, name), name);
}
