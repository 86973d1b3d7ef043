using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Attaching;

/// <summary>An attachment of a program to a hook. Disposing detaches; may be done again and from any thread.</summary>
public sealed class BpfLink : IDisposable
{
    private readonly BpfLinkHandle? link;
    private readonly FileDescriptorHandle? program;
    private readonly FileDescriptorHandle? cgroup;
    private readonly BpfAttachType type;
    private int disposed;

    internal BpfLink(BpfLinkHandle link, string programName)
    {
        this.link = link;
        ProgramName = programName;
    }

    /// <summary>For an attachment without a link: the two descriptors are owned from here on.</summary>
    internal BpfLink(FileDescriptorHandle program, FileDescriptorHandle cgroup, BpfAttachType type, string programName)
    {
        this.program = program;
        this.cgroup = cgroup;
        this.type = type;
        ProgramName = programName;
    }

    /// <summary>Name of the program that is attached.</summary>
    public string ProgramName { get; }

    /// <summary>
    /// Whether the kernel detaches the program when this process ends in whatever way. False only for cgroup programs on
    /// kernels before 5.7, where a process that is killed leaves it attached.
    /// </summary>
    public bool EndsWithProcess => link is not null;

    /// <summary>Starts one pass of an iterator program over what it iterates.</summary>
    /// <exception cref="BpfException">The program is no iterator, or the kernel refused.</exception>
    public BpfIterator CreateIterator()
    {
        var handle = link ?? throw new InvalidOperationException($"Program '{ProgramName}' is no iterator.");
        using var borrowed = new BorrowedHandle(handle);
        var descriptor = BpfException.ThrowIfNegative(
            Libbpf.bpf_iter_create(Libbpf.bpf_link__fd(handle)), "starting the iterator", ProgramName);
        return new BpfIterator(new FileDescriptorHandle(descriptor), ProgramName);
    }

    /// <summary>Detaches.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        link?.Dispose();
        if (program is not null && cgroup is not null)
        {
            // The only failure is that somebody else has detached it, or removed the cgroup.
            _ = Libbpf.bpf_prog_detach2(program, cgroup, type);
            program.Dispose();
            cgroup.Dispose();
        }
    }
}
