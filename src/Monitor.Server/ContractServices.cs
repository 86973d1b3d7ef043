using Google.Protobuf.Reflection;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The services of the contract that every server has.</summary>
internal static class ContractServices
{
    public static IReadOnlyList<ServiceDescriptor> All { get; } =
        [
            EventService.Descriptor, ConnectionService.Descriptor, ExplainService.Descriptor, ExportService.Descriptor, FlowService.Descriptor,
            MonitorService.Descriptor, ProgramService.Descriptor, StatusService.Descriptor,
        ];
}
