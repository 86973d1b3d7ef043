namespace Monitor.Bpf;

/// <summary>Sections that libbpf learnt after 1.1, the oldest that is supported.</summary>
internal static class SectionTypes
{
    /// <summary>Sets the program's type where its section says it and libbpf does not know.</summary>
    internal static void Complete(BpfProgram program)
    {
        // tc/ and tcx/: 1.3. The kernel asks for no attach type before the attachment.
        if (program.Type == BpfProgramType.Unspecified
            && program.Section is "tc/ingress" or "tc/egress" or "tcx/ingress" or "tcx/egress")
        {
            program.Type = BpfProgramType.SchedCls;
        }
    }
}
