using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Monitor.V1;

namespace Grpc.Contract.Tests.Surface;

/// <summary>What needs the contract finds all of it.</summary>
public sealed class ContractSurfaceTests
{
    // The least counts say that the check has looked at something; they are below what 2.85.0 needs.
    [TestCase(typeof(GrpcServiceOptions), 30, 70, 30, TestName = "Surface_GrpcAspNetCoreServer_IsComplete")]
    [TestCase(typeof(GrpcChannel), 30, 60, 30, TestName = "Surface_GrpcNetClient_IsComplete")]
    [TestCase(typeof(EventService), 20, 20, 3, TestName = "Surface_MonitorProtocol_IsComplete")]
    [TestCase(typeof(ICompressionProvider), 1, 2, 0, TestName = "Surface_GrpcNetCommon_IsComplete")]
    public void Surface(Type caller, int types, int members, int overrides)
    {
        using var core = new ContractAssembly(File.OpenRead(typeof(Metadata).Assembly.Location));
        using var common = new ContractAssembly(File.OpenRead(typeof(ICompressionProvider).Assembly.Location));

        var report = ContractCheck.Run(caller.Assembly.Location, core, common);

        TestContext.Out.WriteLine($"{report.Types} types, {report.Members} members, {report.Overrides} overrides");
        Assert.That(report.Problems, Is.Empty);
        Assert.Multiple(() =>
        {
            Assert.That(report.Types, Is.AtLeast(types));
            Assert.That(report.Members, Is.AtLeast(members));
            Assert.That(report.Overrides, Is.AtLeast(overrides));
        });
    }

    // Loading makes the runtime match every base, interface, override and constraint.
    [TestCase(typeof(GrpcServiceOptions), TestName = "Types_GrpcAspNetCoreServer_Load")]
    [TestCase(typeof(GrpcChannel), TestName = "Types_GrpcNetClient_Load")]
    [TestCase(typeof(EventService), TestName = "Types_MonitorProtocol_Load")]
    public void Types(Type caller) =>
        Assert.That(caller.Assembly.GetTypes(), Has.Length.GreaterThan(10));
}
