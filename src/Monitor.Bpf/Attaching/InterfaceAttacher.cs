using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Attaching;

/// <summary>Attaches programs that see packets to network interfaces.</summary>
internal static unsafe class InterfaceAttacher
{
    // enum bpf_tc_attach_point of libbpf.
    private const int PointIngress = 1, PointEgress = 2;

    internal static BpfLink AttachXdp(BpfProgram program, int index)
    {
        var result = Libbpf.bpf_link_create_interface(program.LoadedOrThrow().Descriptor, index, BpfAttachType.Xdp, 0);
        return result >= 0
            ? BpfLink.Inherit(result, program.Name)
            : throw ProgramAttacher.Failure(
                program, -result, [], result == -Errno.EBUSY ? "the interface has an XDP program already (ip link show)" : null);
    }

    internal static BpfLink AttachTrafficControl(BpfProgram program, int index, TrafficDirection direction)
    {
        var type = direction == TrafficDirection.Ingress ? BpfAttachType.TcxIngress : BpfAttachType.TcxEgress;
        var result = Libbpf.bpf_link_create_interface(program.LoadedOrThrow().Descriptor, index, type, 0);
        return result switch
        {
            >= 0 => BpfLink.Inherit(result, program.Name),
            -Errno.EINVAL => AttachFilter(program, index, direction),
            _ => throw ProgramAttacher.Failure(program, -result, []),
        };
    }

    /// <summary>As kernels before 6.6 have it (e420bed02507): a filter of the clsact qdisc.</summary>
    internal static BpfLink AttachFilter(BpfProgram program, int index, TrafficDirection direction)
    {
        using var descriptor = new BorrowedHandle(program.LoadedOrThrow().Descriptor);
        using var capture = LibbpfMessages.Capture();
        var hook = new TrafficControlHook
        {
            Size = (nuint)sizeof(TrafficControlHook),
            InterfaceIndex = index,
            AttachPoint = direction == TrafficDirection.Ingress ? PointIngress : PointEgress,
        };
        if (Libbpf.bpf_tc_hook_create(&hook) is var made and < 0 && made != -Errno.EEXIST)
        {
            throw ProgramAttacher.Failure(program, -made, capture.Messages);
        }

        // Handle and priority are the kernel's to choose: filters of others stay.
        var filter = new TrafficControlOptions
        {
            Size = (nuint)sizeof(TrafficControlOptions),
            ProgramDescriptor = program.LoadedOrThrow().DescriptorNumber,
        };
        return Libbpf.bpf_tc_attach(&hook, &filter) is var attached and < 0
            ? throw ProgramAttacher.Failure(program, -attached, capture.Messages)
            : new BpfLink(new TrafficControlHandle(hook, filter.Handle, filter.Priority), program.Name);
    }
}
