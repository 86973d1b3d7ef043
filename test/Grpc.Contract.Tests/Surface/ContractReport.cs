namespace Grpc.Contract.Tests.Surface;

/// <summary>What a check found.</summary>
/// <param name="Types">How many types of the contract the assembly refers to.</param>
/// <param name="Members">How many members of the contract it refers to.</param>
/// <param name="Overrides">How many of its methods take a slot of the contract.</param>
/// <param name="Problems">Each reference that does not resolve, and each slot that does not fit.</param>
internal sealed record ContractReport(int Types, int Members, int Overrides, IReadOnlyList<string> Problems);
