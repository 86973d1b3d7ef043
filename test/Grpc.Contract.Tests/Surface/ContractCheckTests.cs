using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;

namespace Grpc.Contract.Tests.Surface;

/// <summary>The check says so when something is missing.</summary>
public sealed class ContractCheckTests
{
    private const TypeAttributes PublicClass = TypeAttributes.Public | TypeAttributes.Class;
    private const string GetValue = "member Grpc.Core.Metadata: String GetValue(String)";

    private static readonly string Client = typeof(GrpcChannel).Assembly.Location;
    private static readonly string Server = typeof(GrpcServiceOptions).Assembly.Location;

    [Test]
    public void Check_MemberMissing_NamesIt()
    {
        using var contract = EmittedContract.WithType("Grpc.Core.Metadata", PublicClass, _ => { });

        Assert.That(ContractCheck.Run(Client, contract).Problems, Has.One.EqualTo(GetValue + ": not in Grpc.Core.Api"));
    }

    [Test]
    public void Check_MemberPresent_DoesNotNameIt()
    {
        using var contract = EmittedContract.WithType("Grpc.Core.Metadata", PublicClass, type =>
            type.Method("GetValue", MethodAttributes.Public, typeof(string), typeof(string)));

        Assert.That(ContractCheck.Run(Client, contract).Problems, Has.None.StartsWith(GetValue));
    }

    [TestCase(typeof(object), typeof(string))]
    [TestCase(typeof(string), typeof(object))]
    [TestCase(typeof(string), typeof(string), typeof(string))]
    public void Check_SignatureDiffers_NamesTheMember(Type result, params Type[] parameters)
    {
        using var contract = EmittedContract.WithType("Grpc.Core.Metadata", PublicClass, type =>
            type.Method("GetValue", MethodAttributes.Public, result, parameters));

        Assert.That(ContractCheck.Run(Client, contract).Problems, Has.One.EqualTo(GetValue + ": not in Grpc.Core.Api"));
    }

    [Test]
    public void Check_MemberStatic_NamesIt()
    {
        using var contract = EmittedContract.WithType("Grpc.Core.Metadata", PublicClass, type =>
            type.Method("GetValue", MethodAttributes.Public | MethodAttributes.Static, typeof(string), typeof(string)));

        Assert.That(ContractCheck.Run(Client, contract).Problems, Has.One.StartsWith(GetValue));
    }

    [Test]
    public void Check_MemberInternal_SaysSo()
    {
        using var contract = EmittedContract.WithType("Grpc.Core.Metadata", PublicClass, type =>
            type.Method("GetValue", MethodAttributes.Assembly, typeof(string), typeof(string)));

        Assert.That(
            ContractCheck.Run(Client, contract).Problems, Has.One.EqualTo(GetValue + ": not accessible, Assembly"));
    }

    [Test]
    public void Check_TypeMissing_NamesIt()
    {
        using var contract = EmittedContract.WithType("Grpc.Core.Metadata", PublicClass, _ => { });

        Assert.That(
            ContractCheck.Run(Client, contract).Problems,
            Has.One.EqualTo("type Grpc.Core.CallOptions: not in Grpc.Core.Api")
                .And.None.StartsWith("type Grpc.Core.Metadata:"));
    }

    [Test]
    public void Check_TypeInternal_SaysSo()
    {
        using var contract = EmittedContract.WithType("Grpc.Core.Metadata", TypeAttributes.Class, _ => { });

        Assert.That(
            ContractCheck.Run(Client, contract).Problems,
            Has.One.EqualTo("type Grpc.Core.Metadata: not public in Grpc.Core.Api"));
    }

    [Test]
    public void Check_KeyAndVersionDiffer_NamesTheAssembly()
    {
        using var contract = EmittedContract.WithType("Grpc.Core.Metadata", PublicClass, _ => { });

        Assert.That(ContractCheck.Run(Client, contract).Problems, Has.One.StartsWith("assembly Grpc.Core.Api, "));
    }

    [Test]
    public void Check_SlotMissing_NamesTheOverride()
    {
        using var contract = EmittedContract.WithType(
            "Grpc.Core.ServerCallContext", PublicClass | TypeAttributes.Abstract, _ => { });

        Assert.That(
            ContractCheck.Run(Server, contract).Problems,
            Has.One.Matches("ServerCallContext: String get_PeerCore\\(\\): nothing to override$"));
    }

    [Test]
    public void Check_SlotLeftOpen_NamesTheSlot()
    {
        const MethodAttributes open =
            MethodAttributes.Family | MethodAttributes.Virtual | MethodAttributes.Abstract | MethodAttributes.NewSlot;
        using var contract = EmittedContract.WithType(
            "Grpc.Core.ServerCallContext", PublicClass | TypeAttributes.Abstract,
            type => type.Method("Renew", open, typeof(string)));

        Assert.That(
            ContractCheck.Run(Server, contract).Problems,
            Has.One.Matches("ServerCallContext: String Renew\\(\\): abstract and not overridden$"));
    }
}
