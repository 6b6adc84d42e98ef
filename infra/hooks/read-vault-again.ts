import { openAzure } from './azure.ts'

const REFRESH = 'config/configreferences/appsettings/refresh'

/**
 * Makes both slots read their references to the vault. Each provision creates new tokens, but App Service keeps the old
 * ones for up to a day if the settings did not change (Azure/azure-dev#2631). Until then the healer and a promotion have a
 * token that no slot knows, so they swap nothing.
 */
export async function readVaultAgain(sitePath: string): Promise<void> {
  for (const [slot, path] of [
    ['production', sitePath],
    ['staging', `${sitePath}/slots/staging`],
  ]) {
    const problem = await refresh(`${path}/${REFRESH}`)
    if (problem === undefined) continue
    console.error(
      `postprovision: ! ${slot} may have the tokens of before for up to a day (${problem}). To read the vault again:`,
    )
    console.error(`  az rest --method post --url "${path}/${REFRESH}?api-version=2022-03-01"`)
  }
}

/** What went wrong, in a few words. */
async function refresh(path: string): Promise<string | undefined> {
  try {
    const { status } = await openAzure().ask('POST', path, '2022-03-01')
    return status < 300 ? undefined : `Azure answered ${status}`
  } catch (error) {
    return (error as Error).message
  }
}
